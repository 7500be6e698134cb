import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';

/** Headers that a page of another site can't send without asking first (Fetch, "CORS-safelisted request-header"). */
const customHeaders = ['x-gatehouse-csrf', 'apollo-require-preflight', 'x-apollo-operation-name'];

/**
 * Refuses a request that a browser would send across sites without asking: one with a simple content type, or a GET with
 * none, and no custom header.
 */
export function preventCsrf(request: IncomingMessage): void {
  const { headers } = request;
  if (headers['content-type'] === 'application/json') return;
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json' || customHeaders.some((name) => headers[name] !== undefined)) return;
  if (request.method !== 'GET') return;
  throw new GatehouseError(
    'CSRF_PREVENTED',
    'A GET needs the header `x-gatehouse-csrf` (any value) or `content-type: application/json`.',
  );
}

/** Cross-origin access for the configured origins, and nobody else. */
export function createCors(origins: readonly string[]) {
  const allowed = new Set(origins);
  return {
    /** Whether a page of this origin may talk to this host; requests without an origin are no pages. */
    admits: (origin: string | undefined, host: string): boolean =>
      origin === undefined || allowed.has(origin) || hostOf(origin) === host,
    /** Sets the headers; answers a preflight, and then tells so. */
    apply(request: IncomingMessage, response: ServerResponse, methods: string): boolean {
      const { origin } = request.headers;
      const isPreflight =
        request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
      response.appendHeader('vary', 'Origin');
      if (origin && allowed.has(origin)) {
        response.setHeader('access-control-allow-origin', origin);
        response.setHeader(
          'access-control-expose-headers',
          'x-request-id, retry-after, ratelimit, ratelimit-policy',
        );
        if (isPreflight) {
          response.setHeader('access-control-allow-methods', methods);
          const wanted = request.headers['access-control-request-headers'];
          if (wanted) response.setHeader('access-control-allow-headers', wanted);
          response.setHeader('access-control-max-age', '600');
        }
      }
      if (isPreflight) response.writeHead(204).end();
      return isPreflight;
    },
  };
}

export type Cors = ReturnType<typeof createCors>;

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
