import { firstPartyClientId } from '@gatehouse/identity';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { insertIssuedToken, recordRefreshedToken } from '../queries/issued-tokens.ts';
import { insertSessionClient } from '../queries/session-clients.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { currentUnit, type UnitOfWork } from '../unit-of-work.ts';
import type { ProviderDeps } from './provider.ts';
import { currentRenewal, finishRenewal } from './renewal.ts';
import { tokenRequest } from './token-request.ts';

/** Notes on the request that its grant was revoked; oidc-provider tells it as an event only. */
export function noteRevokedGrants(provider: Provider): void {
  provider.on('grant.revoked', (ctx) => {
    ctx.state.grantRevoked = true;
  });
}

/**
 * What a token or revocation request means beyond its tokens, in the same transaction: a refresh keeps the session
 * alive, reuse and revocation end it.
 */
export const afterTokenEndpoint =
  (deps: Pick<ProviderDeps, 'database'>, tenantId: string) =>
  async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const renewal = currentRenewal();
    if (renewal) return finishRenewal(deps, ctx, renewal);
    const unit = currentUnit();
    const route = ctx.oidc?.route;
    if (!unit || !route) return;
    if (ctx.state.grantRevoked) await endRevokedSession(unit, ctx, tenantId, route);
    else if (route === 'revocation') revokeClientToken(unit, ctx);
    else if (route === 'token' && ctx.status === 200) {
      if (ctx.oidc.entities.RotatedRefreshToken) await recordRefresh(unit, ctx, tenantId);
      else await recordFirstTokens(unit, ctx, tenantId);
    }
  };

/** A program's own token hangs on no grant; the gateways, which know it by the client's id, ask again. */
function revokeClientToken(unit: UnitOfWork, ctx: KoaContextWithOIDC): void {
  const { ClientCredentials: token } = ctx.oidc.entities;
  if (token?.clientId) unit.revoke({ userId: token.clientId, ended: false });
}

async function endRevokedSession(
  unit: UnitOfWork,
  ctx: KoaContextWithOIDC,
  tenantId: string,
  route: string,
): Promise<void> {
  const { RefreshToken: refreshToken, AccessToken: accessToken } = ctx.oidc.entities;
  const token = refreshToken ?? accessToken;
  if (!token?.sessionUid || !token.accountId) return;
  const userId = token.accountId;
  const sessionId = token.sessionUid;
  const { client } = tokenRequest();
  const origin = { ipAddress: client.ipAddress || null, userAgent: client.userAgent };
  const reused = route === 'token';
  // A grant of the built-in client is its session; what another client holds is not the person's sign-in.
  if (!reused && token.clientId !== firstPartyClientId) {
    unit.revoke({ userId, sessionId, ended: false });
    return;
  }
  await endSessions(unit, { tenantId, userId, sessionId, logoutType: reused ? 'forced' : 'manual' });
  unit.securityEvent({
    tenantId,
    type: reused ? 'REFRESH_TOKEN_REUSED' : 'SESSION_REVOKED',
    userId,
    origin,
    details: { sessionId },
  });
  if (reused) {
    await unit.event('user.security_violation', tenantId, userId, {
      userId,
      violationType: 'refresh_token_reused',
      severity: 'high',
      details: { sessionId },
    });
  }
}

/** A client got its first tokens of a session: of the end of the session it is told. */
async function recordFirstTokens(unit: UnitOfWork, ctx: KoaContextWithOIDC, tenantId: string): Promise<void> {
  const { AuthorizationCode: code, DeviceCode: deviceCode, RefreshToken: token } = ctx.oidc.entities;
  const source = code ?? deviceCode;
  if (!source?.sessionUid || !source.clientId) return;
  await insertSessionClient(unit.tx, [tenantId, source.sessionUid, source.clientId]);
  if (token) await logRefreshToken(unit, token, tenantId);
}

async function recordRefresh(unit: UnitOfWork, ctx: KoaContextWithOIDC, tenantId: string): Promise<void> {
  const { RefreshToken: token } = ctx.oidc.entities;
  if (!token?.sessionUid) return;
  const { client } = tokenRequest();
  await recordRefreshedToken(unit.tx, [
    tenantId,
    token.gty ?? 'refresh_token',
    token.clientId,
    token.accountId ?? null,
    token.sessionUid,
    token.scope ?? null,
    client.ipAddress || null,
    token.remainingTTL,
    client.userAgent,
  ]);
}

async function logRefreshToken(
  unit: UnitOfWork,
  token: NonNullable<KoaContextWithOIDC['oidc']['entities']['RefreshToken']>,
  tenantId: string,
): Promise<void> {
  await insertIssuedToken(unit.tx, [
    tenantId,
    'refresh',
    token.gty ?? 'refresh_token',
    token.clientId,
    token.accountId ?? null,
    token.sessionUid ?? null,
    token.scope ?? null,
    tokenRequest().client.ipAddress || null,
    token.remainingTTL,
  ]);
}
