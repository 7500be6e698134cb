import { isBuiltIn, type UserPrincipal } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { ServerMetadata } from 'openid-client';
import { findExternalSession } from '../queries/external-sessions.ts';
import { findIdentityProvider } from '../queries/identity-providers.ts';
import type { Services } from '../services.ts';
import type { IdentityProvider } from '../tables/identity-provider.ts';
import { readIdToken } from './provider-clients.ts';

/**
 * Where a browser goes to sign out at the provider that it came from into the session, and from there back to the tenant's home
 * page. Null for a session without one, for one that knows no sign-out or does not answer, and for other clients.
 */
export async function providerLogoutUrl(
  services: Services,
  principal: UserPrincipal,
  client: ClientInfo,
): Promise<string | null> {
  if (!isBuiltIn(principal)) return null;
  const { tenantId, sessionId } = principal;
  const { publicUrl } = await services.tenants.ofHost(client.host);
  const out = await providerLogout(services, { tenantId, sessionId }, publicUrl);
  return out?.url ?? null;
}

/** The same of a session of the tenant at that address, open or not, with the name of the provider. */
export async function providerLogout(
  services: Pick<Services, 'database' | 'config' | 'providerClients'>,
  where: { tenantId: string; sessionId: string },
  publicUrl: string,
): Promise<{ url: string; name: string } | null> {
  const { db } = services.database;
  const kept = await findExternalSession(db, where);
  const provider = kept && (await findIdentityProvider(db, where.tenantId, kept.providerId));
  if (!kept || !provider?.enabled) return null;
  const configuration = await services.providerClients.of(provider).catch(() => null);
  if (!configuration) return null;
  const idToken = await readIdToken(services.config, kept.idTokenJwe);
  const url = endSessionUrl(provider, configuration.serverMetadata(), {
    home: new URL('/', publicUrl).href,
    idToken,
    insecure: services.config.outgoingPrivate,
  });
  return url && { url: url.href, name: provider.name };
}

/** What the provider's own description says (OpenID Connect RP-Initiated Logout 1.0 § 2), else how its kind is known to do it. */
export function endSessionUrl(
  { kind, clientId }: Pick<IdentityProvider, 'kind' | 'clientId'>,
  { issuer, end_session_endpoint, authorization_endpoint }: ServerMetadata,
  { home, idToken, insecure }: { home: string; idToken: string; insecure: boolean },
): URL | null {
  const at = (base: string | undefined, path: string, parameters: Record<string, string>) => {
    const url = base === undefined ? null : URL.parse(path, base);
    if (url?.protocol !== 'https:' && !(insecure && url?.protocol === 'http:')) return null;
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  };
  if (end_session_endpoint !== undefined) {
    return at(end_session_endpoint, '', {
      id_token_hint: idToken,
      client_id: clientId,
      post_logout_redirect_uri: home,
    });
  }
  // https://auth0.com/docs/api/authentication#logout
  if (kind === 'AUTH0') return at(issuer, '/v2/logout', { client_id: clientId, returnTo: home });
  // Beside its pages, not below its issuer: docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
  if (kind === 'COGNITO')
    return at(authorization_endpoint, '/logout', { client_id: clientId, logout_uri: home });
  return null;
}
