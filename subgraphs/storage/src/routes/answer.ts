import type { IncomingMessage, ServerResponse } from 'node:http';
import { BlobStoreError, databaseOutage } from '@gatehouse/data';
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
  CONTENT_UNAVAILABLE: 503,
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

/** What the error says to a client; undefined when that is not for clients. */
function refusalOf(error: unknown): GatehouseError | undefined {
  if (error instanceof GatehouseError) return error;
  if (!(error instanceof BlobStoreError) || error.code !== 'UNAVAILABLE') {
    const outage = databaseOutage(error);
    return (
      outage &&
      new GatehouseError(outage.code, outage.message, { ...outage.extensions, retryAfter: retryAfterSeconds })
    );
  }
  return new GatehouseError('CONTENT_UNAVAILABLE', 'The content of documents can’t be reached for now.', {
    retryAfter: retryAfterSeconds,
  });
}

const retryAfterSeconds = 5;

/** How long an unwanted body is still read and thrown away, so that its sender gets to see our answer. */
const toleratedMs = 2_000;

/** Answers a refusal as coded JSON, and hangs up on a sender who does not stop; false when the error is none of ours. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, error: unknown): boolean {
  const refusal = refusalOf(error);
  if (!refusal) return false;
  const { message, extensions, code } = refusal;
  if (typeof extensions.retryAfter === 'number') response.setHeader('retry-after', extensions.retryAfter);
  sendJson(response, statuses[code] ?? 400, { errors: [{ message, extensions }] });
  if (!request.complete) {
    const timer = setTimeout(() => request.complete || request.destroy(), toleratedMs).unref();
    request.once('close', () => clearTimeout(timer));
  }
  return true;
}
