import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isApiKey } from '@gatehouse/identity';

/** What the last request of a connection presented; its next one nearly always presents the same. */
const lastOf = new WeakMap<Socket, readonly string[]>();
const nothing: readonly string[] = [];

/**
 * Every Authorization header that was sent; node:http itself would keep only the first. An API key in `x-api-key` is one of
 * them. As long as a connection presents the same header, the answer is the same array.
 */
export function authorizationOf(request: IncomingMessage): readonly string[] {
  const { authorization, 'x-api-key': apiKey } = request.headers;
  if (apiKey !== undefined) return withApiKey(request, String(apiKey));
  if (authorization === undefined) return nothing;
  if (countOf(request.rawHeaders) !== 1) return request.headersDistinct.authorization ?? nothing;
  const last = lastOf.get(request.socket);
  if (last?.[0] === authorization) return last;
  const values = [authorization];
  lastOf.set(request.socket, values);
  return values;
}

/** An API key as an Authorization header would present it; anything else that stands in its place is refused as a token. */
export const asBearer = (apiKey: string): string => (isApiKey(apiKey) ? `Bearer ${apiKey}` : '');

function withApiKey(request: IncomingMessage, apiKey: string): readonly string[] {
  const value = asBearer(apiKey);
  if (request.headers.authorization !== undefined) {
    return [value, ...(request.headersDistinct.authorization ?? [])];
  }
  const last = lastOf.get(request.socket);
  if (last?.[0] === value) return last;
  const values = [value];
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
