const separator = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

export type Answer = { status: number; body(): string };

/** The answer when all of it has come; both kinds of framing are known. */
export function readAnswer(received: Buffer): Answer | undefined {
  const end = received.indexOf(separator);
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end).toLowerCase();
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  const start = end + separator.length;
  const isWhole =
    length === undefined
      ? received.subarray(-lastChunk.length).equals(lastChunk)
      : received.length >= start + Number(length);
  if (!isWhole) return undefined;
  const status = Number(head.slice(9, 12));
  return { status, body: () => bodyOf(received.subarray(start), length === undefined) };
}

function bodyOf(raw: Buffer, chunked: boolean): string {
  if (!chunked) return raw.toString();
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const lineEnd = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16);
    if (!size) break;
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts).toString();
}
