import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@gatehouse/service-kit';
import { rateLimit, rateLimitPolicy, type Usage } from '../rates/usage.ts';

const contentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";

/** On every answer; pages add a Content-Security-Policy of their own. */
const securityHeaders: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': contentSecurityPolicy,
};

export function setSecurityHeaders(response: ServerResponse, isTls: boolean): void {
  for (const name in securityHeaders) response.setHeader(name, securityHeaders[name] as string);
  if (isTls) response.setHeader('strict-transport-security', withTls);
}

const withTls = 'max-age=31536000';

/** Those of an answer in JSON, as name, value, name, value. */
const ofJson = Object.entries({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'content-security-policy': contentSecurityPolicy,
}).flat();

/**
 * An answer to a request without an origin, all headers at once: setting them one by one costs as much as a small query. Of the
 * security headers it carries those that are about JSON; the others are about documents that a browser shows.
 */
export function sendText(
  response: ServerResponse,
  text: string,
  given: { contentType: JsonType; requestId: string; isTls: boolean; usages: readonly Usage[] },
): void {
  const { usages } = given;
  const length = Buffer.byteLength(text);
  const headers = [...ofJson, 'content-type', inUtf8[given.contentType], 'content-length', `${length}`];
  headers.push('x-request-id', given.requestId);
  if (usages.length > 0)
    headers.push('ratelimit-policy', rateLimitPolicy(usages), 'ratelimit', rateLimit(usages));
  if (given.isTls) headers.push('strict-transport-security', withTls);
  // Text of ASCII alone is written without being encoded.
  response.writeHead(200, headers).end(text, length === text.length ? 'latin1' : 'utf8');
}

export type JsonType = 'application/json' | 'application/graphql-response+json';

const inUtf8: Record<JsonType, string> = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
};

/** Tells, on an answer that is not sent in one go, how the rate limits stand. */
export function setRateLimits(response: ServerResponse, usages: readonly Usage[]): void {
  if (usages.length === 0) return;
  response.setHeader('ratelimit-policy', rateLimitPolicy(usages));
  response.setHeader('ratelimit', rateLimit(usages));
}

/** HTTP statuses of refusals that are about the request; the others answer 200 or, in the new media type, 400. */
export const statusOf: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  TENANT_SUSPENDED: 403,
  ADDRESS_BLOCKED: 403,
  CSRF_PREVENTED: 403,
  OPERATION_NOT_TRUSTED: 403,
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  BAD_REQUEST: 400,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  CONTENT_UNAVAILABLE: 503,
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
