import type { Metrics } from '@gatehouse/service-kit';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { sessionGrant } from './client-metadata.ts';
import { currentRenewal } from './renewal.ts';
import { currentTokenRequest } from './token-request.ts';

const definition = {
  name: 'gatehouse_auth_token_requests_total',
  help: 'Requests to the token endpoint by grant type and outcome: ok, or the OAuth error.',
  labels: ['grant', 'outcome'],
} as const;

/** Of RFC 6749, 8628, 8693 and 9449. What a request names besides is the caller's invention. */
const known = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'authorization_pending',
  'slow_down',
  'expired_token',
  'access_denied',
  'server_error',
]);

/** Has the metric told before there is any of it. */
export const tokenRequests = (metrics: Metrics) => metrics.counter(definition);

/** Counts what token requests are answered: refreshes, sign-ins of programs and of applications. One that is answered anew counts then. */
export function measureGrants(metrics: Metrics) {
  const requests = tokenRequests(metrics);
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    let outcome = 'server_error';
    try {
      await next();
      outcome = outcomeOf(ctx);
    } finally {
      const isAnsweredAnew =
        currentRenewal()?.exceeded ||
        (currentTokenRequest()?.clientVersion !== undefined && outcome !== 'ok');
      if (ctx.oidc?.route === 'token' && !isAnsweredAnew)
        requests({ grant: grantOf(ctx.oidc.params?.grant_type), outcome }).add();
    }
  };
}

function outcomeOf({ status, body }: KoaContextWithOIDC): string {
  if (status === 200) return 'ok';
  const { error } = (body ?? {}) as { error?: unknown };
  return typeof error === 'string' && known.has(error) ? error : 'other';
}

const grants = new Map([
  ['authorization_code', 'authorization_code'],
  ['refresh_token', 'refresh_token'],
  ['client_credentials', 'client_credentials'],
  ['urn:ietf:params:oauth:grant-type:device_code', 'device_code'],
  ['urn:ietf:params:oauth:grant-type:token-exchange', 'token_exchange'],
  // The built-in sign-in, which nobody outside can ask for.
  [sessionGrant, 'session'],
]);

const grantOf = (type: unknown): string => grants.get(String(type)) ?? 'other';
