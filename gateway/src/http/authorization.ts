import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What the last request of a connection presented; its next one nearly always presents the same. */
const lastOf = new WeakMap<Socket, readonly string[]>();
const nothing: readonly string[] = [];

/**
 * Every Authorization header that was sent; node:http itself would keep only the first. As long as a connection presents
 * the same header, the answer is the same array.
 */
export function authorizationOf(request: IncomingMessage): readonly string[] {
  const { authorization } = request.headers;
  if (authorization === undefined) return nothing;
  if (countOf(request.rawHeaders) !== 1) return request.headersDistinct.authorization ?? nothing;
  const last = lastOf.get(request.socket);
  if (last?.[0] === authorization) return last;
  const values = [authorization];
  lastOf.set(request.socket, values);
  return values;
}

function countOf(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === 13 && rawHeaders[i]?.toLowerCase() === 'authorization') count++;
  }
  return count;
}
