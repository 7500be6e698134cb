import type { KoaContextWithOIDC } from 'oidc-provider';
import { sessionGrant } from './client-metadata.ts';

/**
 * - `reading` changes nothing that must hold together
 * - `changing` is one transaction
 */
type Kind = 'reading' | 'changing';
export type Endpoint = { kind: Kind; methods: readonly string[]; page?: true };

const get = ['GET', 'HEAD', 'OPTIONS'];
const post = ['POST', 'OPTIONS'];
const page = { kind: 'changing', methods: ['GET', 'POST'], page: true } as const;

/** The endpoints below `/oauth2` that oidc-provider answers; whatever else it could answer is not found. */
const endpoints: Record<string, Endpoint> = {
  '/authorize': page,
  '/device': page,
  '/logout': page,
  '/logout/confirm': page,
  // It may ask a provider, which no transaction waits for.
  '/logout/success': { ...page, kind: 'reading' },
  '/token': { kind: 'changing', methods: post },
  '/token/revocation': { kind: 'changing', methods: post },
  '/par': { kind: 'changing', methods: post },
  '/device/authorize': { kind: 'changing', methods: post },
  '/token/introspection': { kind: 'reading', methods: post },
  '/me': { kind: 'changing', methods: ['GET', 'POST', 'OPTIONS'] },
  '/jwks': { kind: 'reading', methods: get },
  '/.well-known/openid-configuration': { kind: 'reading', methods: get },
  '/.well-known/oauth-authorization-server': { kind: 'reading', methods: get },
};

/** What answers a path; undefined for one that is not open. */
export function endpointAt(path: string): Endpoint | undefined {
  if (Object.hasOwn(endpoints, path)) return endpoints[path];
  // Where a browser comes back to after an interaction.
  return /^\/(authorize|device)\/[\w-]{20,64}$/.test(path) ? page : undefined;
}

/** oidc-provider's discovery document names what it could do; this leaves what is open. */
export const truthfulDiscovery = (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> =>
  ctx.path.startsWith('/.well-known/') ? next().then(() => narrow(ctx)) : next();

function narrow(ctx: KoaContextWithOIDC): void {
  if (ctx.oidc?.route !== 'discovery' || typeof ctx.body !== 'object' || ctx.body === null) return;
  const document = ctx.body as Record<string, unknown> & { grant_types_supported: string[] };
  ctx.body = {
    ...document,
    response_modes_supported: ['query'],
    grant_types_supported: document.grant_types_supported.filter((type) => type !== sessionGrant),
    registration_endpoint: `${ctx.oidc.issuer}/register`,
    prompt_values_supported: ['none', 'login', 'consent'],
  };
}
