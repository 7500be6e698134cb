import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@gatehouse/service-kit';
import { rateLimit, rateLimitPolicy, type Usage } from '../rates/usage.ts';

/** On every answer; pages add a Content-Security-Policy of their own. */
const securityHeaders: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

export function setSecurityHeaders(response: ServerResponse, isTls: boolean): void {
  for (const name in securityHeaders) response.setHeader(name, securityHeaders[name] as string);
  if (isTls) response.setHeader('strict-transport-security', withTls);
}

const withTls = 'max-age=31536000';
/** Of JSON that no page asked for and no cache keeps; the others are about documents that a browser shows. */
const onEveryAnswer = [
  ...['cache-control', 'no-store'],
  ...['x-content-type-options', 'x-frame-options', 'content-security-policy'].flatMap((name) => [
    name,
    securityHeaders[name] as string,
  ]),
];
const onEveryTlsAnswer = [...onEveryAnswer, 'strict-transport-security', withTls];

/** An answer to a request without an origin, all headers at once: setting them one by one costs as much as a small query. */
export function sendText(
  response: ServerResponse,
  text: string,
  given: { contentType: string; requestId: string; isTls: boolean; usages: readonly Usage[] },
): void {
  const headers = (given.isTls ? onEveryTlsAnswer : onEveryAnswer).slice();
  headers.push('content-type', `${given.contentType}; charset=utf-8`, 'x-request-id', given.requestId);
  if (given.usages.length > 0) {
    headers.push('ratelimit-policy', rateLimitPolicy(given.usages), 'ratelimit', rateLimit(given.usages));
  }
  const length = Buffer.byteLength(text);
  headers.push('content-length', String(length));
  // Text of ASCII alone is written without being encoded.
  response.writeHead(200, headers).end(text, length === text.length ? 'latin1' : 'utf8');
}

/** Tells, on an answer that is not sent in one go, how the rate limits stand. */
export function setRateLimits(response: ServerResponse, usages: readonly Usage[]): void {
  if (usages.length === 0) return;
  response.setHeader('ratelimit-policy', rateLimitPolicy(usages));
  response.setHeader('ratelimit', rateLimit(usages));
}

/** HTTP statuses of refusals that are about the request; the others answer 200 or, in the new media type, 400. */
export const statusOf: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  CSRF_PREVENTED: 403,
  OPERATION_NOT_TRUSTED: 403,
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BAD_REQUEST: 400,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  SUBGRAPH_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
};

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  contentType = 'application/json',
): void {
  writeJson(response, status, JSON.stringify(body), contentType);
}

export function writeJson(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'application/json',
): void {
  response.setHeader('content-type', `${contentType}; charset=utf-8`);
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.writeHead(status).end(text);
}
