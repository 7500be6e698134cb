export type ByteRange = { start: number; end: number };

/**
 * The one range that a `Range` header asks for (RFC 9110, 14.1.2), both ends included. Undefined for several, another
 * unit or a malformed one: such a header is ignored, as the standard allows.
 */
export function parseRange(header: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header) ?? [];
  if (first === '' && last === '') return undefined;
  // `-5`: the last five bytes, or all when there are fewer.
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
