import type { JWK } from 'jose';
import { type Configuration, errors } from 'oidc-provider';
import { errorPage } from '../pages/error-page.ts';
import { activeIn } from '../subject.ts';
import { createAdapter } from './adapter.ts';
import { acrValues } from './authentication-context.ts';
import { claimsOf, personClaims, subjectOf } from './claims.ts';
import { firstPartyClient, isFirstParty, ownMetadata } from './client-metadata.ts';
import { cookies } from './cookies.ts';
import { deviceFlow } from './device-flow.ts';
import { loadGrant, policy } from './interaction-policy.ts';
import type { HomeTenant } from './issuers.ts';
import { LocalSigningKey } from './local-signing-key.ts';
import { logoutPages } from './logout.ts';
import { mustEnrol } from './must-enrol.ts';
import { outgoingFetch } from './outgoing-fetch.ts';
import type { ProviderDeps } from './provider.ts';
import { apiOf, personScopes, refuseForeignScopes, scopesOf } from './scopes.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { logToken } from './token-log.ts';

const now = () => Math.floor(Date.now() / 1000);
const hour = 3_600;

/** What other clients may sign their assertions and proofs with. */
const clientAlgorithms = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const;

/** The configuration of one tenant's provider: what this product offers, and nothing by default. */
export function configurationFor(deps: ProviderDeps, tenant: HomeTenant, keys: JWK[]): Configuration {
  const { config } = deps;
  const api = apiOf(tenant);
  return {
    adapter: createAdapter(deps, { tenant, publicKeys: keys.map(publicPart) }),
    jwks: { keys: keys.map((key) => new LocalSigningKey(key)) },
    clients: [firstPartyClient],
    extraClientMetadata: { properties: ownMetadata },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: signingAlgorithm, response_types: [], grant_types: [] },
    // A page of the client's own origin may use its tokens' endpoints; no cookie goes along.
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    routes: {
      authorization: '/authorize',
      pushed_authorization_request: '/par',
      device_authorization: '/device/authorize',
      code_verification: '/device',
      end_session: '/logout',
    },
    scopes: personScopes.split(' '),
    acrValues: [...acrValues],
    claims: {
      openid: ['sub', 'sid', 'acr', 'amr', 'auth_time', 'tenant', 'roles', 'permissions'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'zoneinfo'],
      email: ['email', 'email_verified'],
    },
    enabledJWA: {
      idTokenSigningAlgValues: [signingAlgorithm],
      clientAuthSigningAlgValues: [...clientAlgorithms],
      dPoPSigningAlgValues: [...clientAlgorithms],
    },
    cookies: cookies(config, tenant),
    fetch: outgoingFetch(deps.outgoing),
    interactions: { policy: policy(), url: (_ctx, { uid }) => `${apiRoot(tenant)}/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: { enabled: true, ...logoutPages(deps, tenant) },
      backchannelLogout: { enabled: true },
      deviceFlow: deviceFlow(tenant),
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
          refuseForeignScopes(ctx);
          return {
            scope: scopesOf(ctx.oidc.client).join(' '),
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
    async findAccount(ctx, sub, token) {
      const subject = activeIn(tenant.id, await subjectOf(deps, sub));
      if (!subject || (await mustEnrol(deps, tenant, subject, token ?? ctx.oidc.session))) return undefined;
      const claims = async () =>
        claimsOf(subject, tenant.id, ctx.oidc.client !== undefined && isFirstParty(ctx.oidc.client));
      return { accountId: sub, claims };
    },
    loadExistingGrant: loadGrant(deps, tenant),
    renderError(ctx, out) {
      ctx.type = 'html';
      ctx.body = errorPage(tenant, out);
    },
    // Every token of a person ends with their session; which client asks for which scope makes no difference.
    expiresWithSession: () => true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    // Revoking any token of a sign-in ends the sign-in: oidc-provider leaves none of its tokens either way.
    revokeGrantPolicy: () => true,
    ttl: {
      AccessToken: config.accessTokenTtl,
      AuthorizationCode: 60,
      ClientCredentials: config.accessTokenTtl,
      DeviceCode: 600,
      IdToken: config.accessTokenTtl,
      Interaction: hour,
      /** One without a person only carries a form from one page to the next. */
      Session: (_ctx, session) => (session.accountId ? config.sessionAbsoluteTtl : hour),
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

const publicPart = ({ d: _, ...rest }: JWK): JWK => rest;

const apiRoot = ({ publicUrl }: HomeTenant): string => `${publicUrl.replace(/\/$/, '')}/oauth2`;

type Policy = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy']
>;

/** A confidential client may ask about any token it was shown; a public one only about its own. */
const mayIntrospect: Policy = (_ctx, client, token) =>
  client.clientAuthMethod !== 'none' || token.clientId === client.clientId;

const mayRevoke: Policy = (_ctx, client, token) => token.clientId === client.clientId;
