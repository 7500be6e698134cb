import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, GatehouseError } from '@gatehouse/service-kit';

const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  FORBIDDEN: 403,
  TENANT_SUSPENDED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  SUBGRAPH_UNAVAILABLE: 503,
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    })
    .end(JSON.stringify(body));
}

/** How long an unwanted body is still read and thrown away, so that its sender gets to see our answer. */
const toleratedMs = 2_000;

/** Answers a refusal as coded JSON, and hangs up on a sender who does not stop; false when the error is none of ours. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, error: unknown): boolean {
  if (!(error instanceof GatehouseError)) return false;
  const { message, extensions, code } = error;
  sendJson(response, statuses[code] ?? 400, { errors: [{ message, extensions }] });
  if (!request.complete) {
    const timer = setTimeout(() => request.complete || request.destroy(), toleratedMs).unref();
    request.once('close', () => clearTimeout(timer));
  }
  return true;
}
