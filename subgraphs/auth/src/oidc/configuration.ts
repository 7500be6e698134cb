import { type Configuration, errors, type JWKS, type KoaContextWithOIDC } from 'oidc-provider';
import { activeIn, findSubject, nameOf, type Subject } from '../subject.ts';
import type { Tenant } from '../tenants.ts';
import { createAdapter } from './adapter.ts';
import { firstPartyClient, permissionsMetadata, permissionsOf } from './client-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { logToken } from './token-log.ts';
import { tokenRequest } from './token-request.ts';

/** What people's tokens are issued for; permissions come on top, as they are at the moment of issue. */
export const personScopes = 'openid profile email offline_access';

/** The audience of access tokens: this API. */
export const apiOf = (tenant: Pick<Tenant, 'publicUrl'>): string =>
  `${tenant.publicUrl.replace(/\/$/, '')}/graphql`;

const now = () => Math.floor(Date.now() / 1000);

/** The configuration of one tenant's provider: what this product offers so far, and nothing by default. */
export function configurationFor(deps: ProviderDeps, tenant: Tenant, jwks: JWKS): Configuration {
  const { config } = deps;
  const api = apiOf(tenant);
  return {
    adapter: createAdapter(deps, tenant.id),
    jwks,
    clients: [firstPartyClient],
    extraClientMetadata: { properties: [permissionsMetadata] },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: { id_token_signed_response_alg: signingAlgorithm, response_types: [], grant_types: [] },
    clientBasedCORS: () => false,
    responseTypes: [],
    scopes: personScopes.split(' '),
    claims: {
      openid: ['sub', 'sid', 'amr', 'acr', 'auth_time', 'tenant', 'roles', 'permissions'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'zoneinfo'],
      email: ['email', 'email_verified'],
    },
    enabledJWA: {
      idTokenSigningAlgValues: [signingAlgorithm],
      clientAuthSigningAlgValues: [],
    },
    cookies: { keys: [] },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: mayIntrospect },
      revocation: { enabled: true, allowedPolicy: mayRevoke },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => api,
        useGrantedResource: () => true,
        getResourceServerInfo(ctx, resource) {
          if (resource !== api) throw new errors.InvalidTarget();
          const client = ctx.oidc.client;
          const own = client ? permissionsOf(client) : [];
          return {
            scope: own.length > 0 ? own.join(' ') : personScopes,
            audience: api,
            accessTokenTTL: config.accessTokenTtl,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: signingAlgorithm } },
          };
        },
      },
    },
    extraTokenClaims: (ctx, token) =>
      token.kind === 'AccessToken' ? personClaims(ctx, tenant.id) : { tenant: tenant.id },
    formats: { customizers: { jwt: logToken(deps, tenant.id) } },
    async findAccount(_ctx, sub) {
      const subject = activeIn(tenant.id, await subjectOf(deps, sub));
      return subject && { accountId: sub, claims: async () => claimsOf(subject, tenant.id) };
    },
    rotateRefreshToken: () => true,
    // Revoking any token of a sign-in ends the sign-in: oidc-provider leaves none of its tokens either way.
    revokeGrantPolicy: () => true,
    ttl: {
      AccessToken: config.accessTokenTtl,
      ClientCredentials: config.accessTokenTtl,
      IdToken: config.accessTokenTtl,
      Session: config.sessionAbsoluteTtl,
      Grant: config.sessionAbsoluteTtl + 86_400,
      /** Slides with each rotation, never past the end of the session. */
      RefreshToken: (_ctx, token) =>
        Math.max(
          1,
          Math.min(config.sessionIdleTtl, (token.iiat ?? now()) + config.sessionAbsoluteTtl - now()),
        ),
    },
  };
}

/** One question per request and person, however many hooks ask. */
export async function subjectOf(deps: ProviderDeps, userId: string): Promise<Subject | null> {
  const { subjects } = tokenRequest();
  const known = subjects.get(userId);
  if (known !== undefined) return known;
  const subject = await findSubject(deps, userId);
  subjects.set(userId, subject);
  return subject;
}

/** Claims of the ID token and of userinfo; the scopes choose among them. */
export const claimsOf = (subject: Subject, tenantId: string) => ({
  sub: subject.userId,
  tenant: tenantId,
  roles: subject.roles,
  permissions: subject.permissions,
  name: nameOf(subject),
  given_name: subject.firstName ?? undefined,
  family_name: subject.lastName ?? undefined,
  preferred_username: subject.username ?? undefined,
  locale: subject.locale,
  zoneinfo: subject.timeZone,
  email: subject.email,
  email_verified: true,
});

/** What an access token says beside RFC 9068's own claims. */
function personClaims(ctx: KoaContextWithOIDC, tenantId: string) {
  const { Account: account, RefreshToken: source, AccessToken: token } = ctx.oidc.entities;
  const subject = account && tokenRequest().subjects.get(account.accountId);
  if (!subject) throw new Error('an access token without a known person');
  return {
    sid: source?.sid ?? token?.sid,
    tenant: tenantId,
    roles: subject.roles,
    permissions: subject.permissions,
    amr: source?.amr,
    acr: source?.acr,
    auth_time: source?.authTime,
  };
}

type Policy = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy']
>;

/** A confidential client may ask about any token it was shown; a public one only about its own. */
const mayIntrospect: Policy = (_ctx, client, token) =>
  client.clientAuthMethod !== 'none' || token.clientId === client.clientId;

const mayRevoke: Policy = (_ctx, client, token) => token.clientId === client.clientId;
