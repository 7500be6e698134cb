import { isBuiltIn } from '@gatehouse/identity';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Tenant } from '../tenants.ts';
import { permissionsOf } from './client-metadata.ts';

/** What people's tokens are issued for; permissions come on top, as they are at the moment of issue. */
export const personScopes = 'openid profile email offline_access';

const openidScopes = personScopes.split(' ');

/** The audience of access tokens: this API. */
export const apiOf = (tenant: Pick<Tenant, 'publicUrl'>): string =>
  `${tenant.publicUrl.replace(/\/$/, '')}/graphql`;

/** Every scope that a client may ask for: those of OpenID Connect when it signs people in, and its permissions. */
export function scopesOf(client: Client | undefined): string[] {
  if (!client || isBuiltIn(client)) return openidScopes;
  const permissions = permissionsOf(client);
  return signsPeopleIn(client) ? [...openidScopes, ...permissions] : permissions;
}

/** What a token may do with the API: what it was granted, of what the person may do at this moment. */
export function permissionsWithin(
  client: Pick<Client, 'clientId'>,
  grantedScope: string | undefined,
  permissions: readonly string[],
): string[] {
  if (isBuiltIn(client)) return [...permissions];
  const granted = new Set(grantedScope?.split(' '));
  return permissions.filter((permission) => granted.has(permission));
}

const asking = new Set(['authorization', 'pushed_authorization_request', 'device_authorization']);

/** A client that asks for a scope it may not have is refused (RFC 6749 §4.1.2.1), never given something else. */
export function refuseForeignScopes(ctx: KoaContextWithOIDC): void {
  const { client, route, params } = ctx.oidc;
  if (!asking.has(route) || typeof params?.scope !== 'string') return;
  const allowed = scopesOf(client);
  const foreign = params.scope.split(' ').find((scope) => !allowed.includes(scope));
  if (foreign) throw new errors.InvalidScope('requested scope is not allowed', foreign);
}

const signsPeopleIn = ({ grantTypes = [] }: Client): boolean =>
  grantTypes.includes('authorization_code') ||
  grantTypes.includes('urn:ietf:params:oauth:grant-type:device_code');
