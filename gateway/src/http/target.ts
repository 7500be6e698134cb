import { GatehouseError } from '@gatehouse/service-kit';

const maxLength = 8_192;
/** Dot segments, doubled or encoded slashes and encoded dots: what proxies and servers read differently. */
const ambiguous = /\/\/|\/\.{1,2}(?:\/|$)|\\|%(?:2e|2f|5c|00)/i;
/** Everything but the visible characters of ASCII. */
const unprintable = /[^!-~]/;

/** Path and query of a request target (RFC 9112 §3.2.1), or `BAD_REQUEST` for one that could mean two things. */
export function readTarget(url: string): { path: string; search: string } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const isPlain = path.startsWith('/') && !ambiguous.test(path) && !unprintable.test(url);
  if (!isPlain || url.length > maxLength || !isDecodable(path)) {
    throw new GatehouseError('BAD_REQUEST', 'The request target is not valid.');
  }
  return { path, search: mark < 0 ? '' : url.slice(mark + 1) };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

export const isBelow = (path: string, prefix: string): boolean =>
  path === prefix || path.startsWith(`${prefix}/`);
