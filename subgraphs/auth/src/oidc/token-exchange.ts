import { isBuiltIn } from '@gatehouse/identity';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { insertSessionClient } from '../queries/session-clients.ts';
import { lockSession } from '../queries/sessions.ts';
import { activeIn } from '../subject.ts';
import { currentUnit } from '../unit-of-work.ts';
import { claimsOf, subjectOf } from './claims.ts';
import { permissionsOf } from './client-metadata.ts';
import { allow } from './interaction-policy.ts';
import type { HomeTenant } from './issuers.ts';
import { mustEnrol } from './must-enrol.ts';
import type { ProviderDeps } from './provider.ts';
import { apiOf } from './scopes.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { tokenRequest } from './token-request.ts';

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** Seconds. Of what expires sooner nothing is made that lives no longer. */
const shortestLife = 5;
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

const parameters = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
];

/**
 * Token exchange (RFC 8693) for delegation: a service that was called with a person's access token gets one of its own,
 * which says for whom and by whom (`act`). Never more than both have: the scopes lie within those of the token presented and
 * those of the service; it ends with that token at the latest, and with the session. No refresh token comes with it.
 */
export function registerTokenExchange(deps: ProviderDeps, provider: Provider, tenant: HomeTenant): void {
  provider.registerGrantType(tokenExchange, (ctx) => exchange(deps, provider, tenant, ctx), parameters);
}

async function exchange(
  deps: ProviderDeps,
  provider: Provider,
  tenant: HomeTenant,
  ctx: KoaContextWithOIDC,
): Promise<void> {
  const { client } = ctx.oidc;
  const unit = currentUnit();
  if (!client || !unit) throw new errors.UnsupportedGrantType();
  const api = apiOf(tenant);
  const presented = readParameters(ctx, api);

  // Looked up by its stored id, so it is one of this tenant's that stands; only then is it what it says.
  const subjectToken = await provider.AccessToken.find(presented.subjectToken);
  if (
    !subjectToken?.isValid ||
    !subjectToken.accountId ||
    !subjectToken.sessionUid ||
    subjectToken.aud !== api
  )
    throw new errors.InvalidGrant('subject token not found');
  if (subjectToken.isSenderConstrained())
    throw new errors.InvalidGrant('subject token is bound to a key that this client does not hold');
  if (subjectToken.remainingTTL < shortestLife) throw new errors.InvalidGrant('subject token is expiring');
  const { accountId, sessionUid } = subjectToken;
  const subject = activeIn(tenant.id, await subjectOf(deps, accountId));
  if (!subject || (await mustEnrol(deps, tenant, subject, subjectToken)))
    throw new errors.InvalidGrant('account not found');
  ctx.oidc.entity('Account', { accountId, claims: async () => claimsOf(subject, tenant.id, false) });

  const held = new Set(subjectToken.scope?.split(' '));
  const possible = permissionsOf(client).filter((scope) => held.has(scope));
  const requested = presented.scope?.split(' ') ?? possible;
  const foreign = requested.find((scope) => !possible.includes(scope));
  if (foreign)
    throw new errors.InvalidScope('requested scope goes beyond the subject token or the client', foreign);
  if (requested.length === 0) throw new errors.InvalidScope('nothing is left to be granted', '');

  await lockSession(unit.tx, [sessionUid, tenant.id]);
  const grantId = await grantOf(provider, ctx, { accountId, sessionUid, api, scopes: requested });
  const { extra = {} } = subjectToken as { extra?: { act?: object; amr?: string[]; auth_time?: number } };
  tokenRequest().exchanged = {
    amr: extra.amr,
    authTime: extra.auth_time,
    act: { sub: client.clientId, ...(extra.act && { act: extra.act }) },
  };
  const token = new provider.AccessToken({
    accountId,
    client,
    grantId,
    gty: 'token_exchange',
    sessionUid,
    sid: sessionUid,
    expiresWithSession: true,
    scope: requested.join(' '),
  });
  token.resourceServer = new provider.ResourceServer(api, {
    scope: requested.join(' '),
    audience: api,
    // Asked last, as what went before takes its time; the clock may turn to the next second before the token is signed.
    accessTokenTTL: Math.min(deps.config.accessTokenTtl, subjectToken.remainingTTL - 1),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: signingAlgorithm } },
  });
  ctx.oidc.entity('AccessToken', token);
  const value = await token.save();
  await insertSessionClient(unit.tx, [tenant.id, sessionUid, client.clientId]);
  ctx.body = {
    access_token: value,
    issued_token_type: accessTokenType,
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope: token.scope,
  };
}

function readParameters({ oidc }: KoaContextWithOIDC, api: string) {
  const text = (name: string): string | undefined => {
    const value = oidc.params?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const subjectToken = text('subject_token');
  if (!subjectToken || text('subject_token_type') !== accessTokenType)
    throw new errors.InvalidRequest(`subject_token must be given, as ${accessTokenType}`);
  if (text('actor_token') !== undefined)
    throw new errors.InvalidRequest('actor_token is not supported: the client itself is the actor');
  if ((text('requested_token_type') ?? accessTokenType) !== accessTokenType)
    throw new errors.InvalidRequest('requested_token_type is not supported');
  for (const name of ['resource', 'audience']) {
    if ((text(name) ?? api) !== api) throw new errors.InvalidTarget();
  }
  return { subjectToken, scope: text('scope') };
}

/** The grant of this client in the session; tokens of it end with the session and can be revoked with it. */
async function grantOf(
  provider: Provider,
  ctx: KoaContextWithOIDC,
  given: { accountId: string; sessionUid: string; api: string; scopes: string[] },
): Promise<string> {
  const { client } = ctx.oidc;
  const session = await provider.Session.findByUid(given.sessionUid);
  if (!client || !session || isBuiltIn(client)) throw new errors.InvalidGrant('session not found');
  const { clientId } = client;
  const known = session.grantIdFor(clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  const grant = found ?? new provider.Grant({ accountId: given.accountId, clientId });
  allow(grant, given.api, given.scopes);
  const grantId = await grant.save();
  if (!found) {
    session.sidFor(clientId, session.uid);
    session.grantIdFor(clientId, grantId);
    await session.persist();
  }
  return grantId;
}
