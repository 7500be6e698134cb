import type { KoaContextWithOIDC } from 'oidc-provider';

/** The endpoints below `/oauth2` that are open; whatever else oidc-provider could answer is not found. */
export const openPaths = new Set([
  '/token',
  '/token/introspection',
  '/token/revocation',
  '/me',
  '/jwks',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]);

/** oidc-provider's discovery document names what it could do; this leaves what is open. */
export async function truthfulDiscovery(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (ctx.oidc?.route !== 'discovery' || typeof ctx.body !== 'object' || ctx.body === null) return;
  const {
    authorization_endpoint: _authorization,
    code_challenge_methods_supported: _pkce,
    authorization_response_iss_parameter_supported: _iss,
    response_modes_supported: _modes,
    request_uri_parameter_supported: _requestUri,
    claims_parameter_supported: _claims,
    ...document
  } = ctx.body as Record<string, unknown>;
  ctx.body = {
    ...document,
    response_types_supported: [],
    grant_types_supported: ['refresh_token', 'client_credentials'],
  };
}
