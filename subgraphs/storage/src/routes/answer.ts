import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, GatehouseError } from '@gatehouse/service-kit';

const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
};

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      ...headers,
    })
    .end(JSON.stringify(body));
}

/** Answers a refusal as coded JSON; false when the error is none of ours. */
export function sendRefusal(
  response: ServerResponse,
  error: unknown,
  headers?: Record<string, string>,
): boolean {
  if (!(error instanceof GatehouseError)) return false;
  const { message, extensions, code } = error;
  sendJson(response, statuses[code] ?? 400, { errors: [{ message, extensions }] }, headers);
  return true;
}

/** How much of an unwanted body is still read, so that its sender gets to see our answer. */
const toleratedBytes = 4 * 1024 * 1024;
const toleratedMs = 2_000;

/** Lets a sender who was refused in the middle finish or notice, then hangs up. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = toleratedBytes;
  const hangUp = () => request.destroy();
  const timer = setTimeout(hangUp, toleratedMs).unref();
  request.on('error', () => {});
  request.once('close', () => clearTimeout(timer));
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) hangUp();
  });
  request.resume();
}
