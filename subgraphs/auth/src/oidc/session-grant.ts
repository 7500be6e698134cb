import { newId } from '@gatehouse/data';
import { acrOf, firstPartyClientId } from '@gatehouse/identity';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { insertIssuedToken } from '../queries/issued-tokens.ts';
import { insertSession } from '../queries/sessions.ts';
import { currentUnit } from '../unit-of-work.ts';
import { claimsOf } from './claims.ts';
import { sessionGrant } from './client-metadata.ts';
import type { HomeTenant } from './issuers.ts';
import type { ProviderDeps } from './provider.ts';
import { apiOf, personScopes } from './scopes.ts';
import { signingAlgorithm } from './signing-keys.ts';
import { tokenRequest } from './token-request.ts';

const grantTypeInTokens = 'session';

/**
 * A private grant: turns a sign-in that a use case has decided into a session and its tokens. The decision comes by
 * AsyncLocalStorage, so no request from outside can use it.
 */
export function registerSessionGrant(deps: ProviderDeps, provider: Provider, tenant: HomeTenant): void {
  provider.registerGrantType(sessionGrant, async (ctx) => {
    const request = tokenRequest();
    const { login } = request;
    if (!login || !currentUnit()) throw new errors.UnsupportedGrantType();
    request.login = undefined;
    ctx.body = await issueSession(deps, provider, tenant, ctx, login);
  });
}

async function issueSession(
  deps: ProviderDeps,
  provider: Provider,
  tenant: HomeTenant,
  ctx: KoaContextWithOIDC,
  login: NonNullable<ReturnType<typeof tokenRequest>['login']>,
) {
  const client = ctx.oidc.client;
  if (client?.clientId !== firstPartyClientId) throw new errors.UnauthorizedClient();
  const { subject, amr } = login;
  const acr = acrOf(amr);
  const accountId = subject.userId;
  const authTime = Math.floor(Date.now() / 1000);
  const { sessionAbsoluteSeconds } = tenant.policy;
  const api = apiOf(tenant);

  tokenRequest().subjects.set(accountId, subject);
  ctx.oidc.entity('Account', { accountId, claims: async () => claimsOf(subject, tenant.id, true) });

  const session = new provider.Session();
  session.uid = newId();
  session.loginAccount({ accountId, loginTs: authTime, acr, amr });
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(personScopes);
  grant.addResourceScope(api, personScopes);
  const grantId = await grant.save();
  session.sidFor(client.clientId, session.uid);
  session.grantIdFor(client.clientId, grantId);
  await session.save(sessionAbsoluteSeconds);
  await storeSession(tenant, { id: session.uid, accountId, amr, authTime });

  const common = {
    accountId,
    client,
    grantId,
    gty: grantTypeInTokens,
    sessionUid: session.uid,
    sid: session.uid,
    expiresWithSession: true,
  };
  const refreshToken = new provider.RefreshToken({
    ...common,
    acr,
    amr,
    authTime,
    scope: personScopes,
    resource: api,
    rotations: 0,
  });
  ctx.oidc.entity('RefreshToken', refreshToken);
  const refreshTokenValue = await refreshToken.save();

  const accessToken = new provider.AccessToken({ ...common, scope: personScopes });
  accessToken.resourceServer = new provider.ResourceServer(api, {
    scope: personScopes,
    audience: api,
    accessTokenTTL: deps.config.accessTokenTtl,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: signingAlgorithm } },
  });
  ctx.oidc.entity('AccessToken', accessToken);
  const accessTokenValue = await accessToken.save();

  const idToken = new provider.IdToken(
    { ...claimsOf(subject, tenant.id, true), acr, amr, auth_time: authTime },
    { ctx },
  );
  Object.assign(idToken, { scope: personScopes });
  idToken.set('sid', session.uid);

  return {
    access_token: accessTokenValue,
    id_token: await idToken.issue({ use: 'idtoken' }),
    refresh_token: refreshTokenValue,
    expires_in: accessToken.expiration,
    scope: accessToken.scope,
    token_type: 'Bearer',
  };
}

async function storeSession(
  tenant: HomeTenant,
  values: { id: string; accountId: string; amr: string[]; authTime: number },
): Promise<void> {
  const unit = currentUnit();
  if (!unit) throw new Error('a session is stored in the transaction of its sign-in');
  const { client } = tokenRequest();
  const { sessionAbsoluteSeconds, sessionIdleSeconds } = tenant.policy;
  await insertSession(unit.tx, sessionRow({ ...values, tenant, clientId: firstPartyClientId, client }));
  await insertIssuedToken(unit.tx, [
    tenant.id,
    'refresh',
    grantTypeInTokens,
    firstPartyClientId,
    values.accountId,
    values.id,
    personScopes,
    client.ipAddress || null,
    Math.min(sessionIdleSeconds, sessionAbsoluteSeconds),
  ]);
}

/** The row of a session that begins now. `authTime` in seconds. */
export function sessionRow(values: {
  id: string;
  tenant: HomeTenant;
  accountId: string;
  clientId: string;
  amr: string[];
  authTime: number;
  client: ClientInfo;
}): Parameters<typeof insertSession>[1] {
  const { tenant, client } = values;
  const authTime = new Date(values.authTime * 1000);
  return {
    id: values.id,
    tenantId: tenant.id,
    userId: values.accountId,
    clientId: values.clientId,
    amr: values.amr,
    authTime,
    ipAddress: client.ipAddress || null,
    userAgent: client.userAgent,
    expiresAt: new Date(authTime.getTime() + tenant.policy.sessionAbsoluteSeconds * 1000),
  };
}
