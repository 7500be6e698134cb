import { newId } from '@gatehouse/data';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { checkClient, clientFields, needsSecret } from '../clients/client-input.ts';
import { newClientSecret } from '../clients/client-secret.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { sha256 } from '../oidc/secrets.ts';
import { originOf } from '../origin.ts';
import { consumeArtifact, findArtifact } from '../queries/artifacts.ts';
import { insertOauthClient } from '../queries/oauth-clients.ts';
import type { Services } from '../services.ts';
import { authMethods } from '../tables/oauth-client.ts';
import { inUnitOfWork } from '../unit-of-work.ts';
import { initialAccessToken } from './create-initial-access-token.ts';

const { shape } = clientFields;
const grants = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
] as const;

/** Nothing of these is ever fetched: a client that relies on it is told so. */
const refusedUris = ['jwks_uri', 'sector_identifier_uri', 'request_uris'] as const;

/**
 * The metadata that a client may choose (RFC 7591 §2). What else it sends is ignored, as the RFC wants it, and so are the
 * powers that only an administrator gives: permissions beyond the token's, trust without consent, other grant types.
 */
const metadata = z.object({
  client_name: shape.name,
  redirect_uris: shape.redirectUris.optional().default([]),
  post_logout_redirect_uris: shape.postLogoutRedirectUris.optional().default([]),
  backchannel_logout_uri: shape.backchannelLogoutUri.optional().default(null),
  grant_types: z.array(z.enum(grants)).min(1).optional().default(['authorization_code']),
  response_types: z.array(z.literal('code')).max(1).optional(),
  token_endpoint_auth_method: z.enum(authMethods).optional().default('client_secret_basic'),
  jwks: shape.jwks.optional().default(null),
  dpop_bound_access_tokens: z.boolean().optional().default(false),
  scope: z.string().max(2_000).optional(),
});

const refused = () => new GatehouseError('UNAUTHENTICATED', 'The initial access token is not valid.');

/** Registers the client that holds an initial access token, which is used up; answers RFC 7591 §3.2.1. */
export async function registerClient(
  services: Services,
  issuer: Issuer,
  request: unknown,
  given: { authorization: string | undefined; client: ClientInfo },
): Promise<Record<string, unknown>> {
  const token = /^bearer ([\w-]{20,200})$/i.exec(given.authorization ?? '')?.[1];
  if (!token) throw refused();
  const tenantId = issuer.tenant.id;
  const key = [tenantId, initialAccessToken, sha256(token)];
  const [stored] = await findArtifact(services.database.db, key);
  if (!stored || stored.consumed_ms !== null) throw refused();
  const fields = readMetadata(request, stored.payload.scopes as string[]);
  const { secret, secretHash } = needsSecret(fields) ? newClientSecret() : { secret: null, secretHash: null };
  const client = await inUnitOfWork(services, async (unit) => {
    const [consumed] = await consumeArtifact(unit.tx, [...key, given.client.ipAddress]);
    if (!consumed) throw refused();
    const createdBy = stored.payload.createdBy as string | null;
    const row = await insertOauthClient(unit.tx, { id: newId(), tenantId, ...fields, secretHash, createdBy });
    unit.securityEvent({
      tenantId,
      type: 'CLIENT_CREATED',
      userId: createdBy,
      origin: originOf(given.client),
      details: { clientId: row.id, name: row.name, scopes: row.scopes, by: 'registration' },
    });
    return row;
  });
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
    ...(secret !== null && { client_secret: secret, client_secret_expires_at: 0 }),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    ...(client.backchannelLogoutUri && { backchannel_logout_uri: client.backchannelLogoutUri }),
    grant_types: client.grantTypes,
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: client.authMethod,
    ...(client.jwks && { jwks: client.jwks }),
    dpop_bound_access_tokens: client.dpopBound,
    scope: client.scopes.join(' '),
  };
}

function readMetadata(request: unknown, allowed: readonly string[]) {
  const chosen = readInput(metadata, request);
  const uri = refusedUris.find((name) => Object.hasOwn(request as object, name));
  if (uri)
    throw new GatehouseError('BAD_USER_INPUT', `${uri} is not supported; nothing is fetched from clients.`);
  const permissions = chosen.scope?.split(' ').filter((scope) => scope.includes(':'));
  const foreign = permissions?.find((scope) => !allowed.includes(scope));
  if (foreign) throw new GatehouseError('BAD_USER_INPUT', 'scope: goes beyond the initial access token.');
  const fields = {
    name: chosen.client_name,
    scopes: [...new Set(permissions ?? allowed)].sort(),
    grantTypes: [...new Set(chosen.grant_types)],
    authMethod: chosen.token_endpoint_auth_method,
    redirectUris: chosen.redirect_uris,
    postLogoutRedirectUris: chosen.post_logout_redirect_uris,
    backchannelLogoutUri: chosen.backchannel_logout_uri,
    jwks: chosen.jwks,
    firstParty: false,
    dpopBound: chosen.dpop_bound_access_tokens,
  };
  checkClient(fields);
  return fields;
}
