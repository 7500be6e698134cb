import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { AuthDeps } from '../deps.ts';
import type { AccessTokenRecord, Artifact } from '../queries/artifacts.ts';
import { renewTokens } from '../queries/renew-tokens.ts';
import { currentTokenRequest, tokenRequest } from './token-request.ts';

/**
 * What a refresh is about to write, gathered while oidc-provider decides, so that it can be written whole by one statement.
 * What does not fit (a reuse, which revokes) is not written at all: `exceeded` has the request answered anew in a transaction.
 */
export type Renewal = {
  /** The stored id of the token that is used up. */
  used?: string;
  refreshToken?: Artifact;
  accessToken?: AccessTokenRecord;
  exceeded: boolean;
};

export const currentRenewal = (): Renewal | undefined => currentTokenRequest()?.renewal;

/** Takes note of a write, once for each part; whatever else is asked for exceeds a renewal. */
export function gather(renewal: Renewal, part: Partial<Omit<Renewal, 'exceeded'>> = {}): void {
  const isKnown = Object.keys(part).some((name) => renewal[name as keyof Renewal] !== undefined);
  if (isKnown || Object.keys(part).length === 0) renewal.exceeded = true;
  else Object.assign(renewal, part);
}

/** Writes what was gathered for an answer that holds tokens; where the used one is no longer good, the answer becomes a refusal. */
export async function finishRenewal(
  { database }: Pick<AuthDeps, 'database'>,
  ctx: KoaContextWithOIDC,
  renewal: Renewal,
): Promise<void> {
  if (ctx.status !== 200 || renewal.exceeded) return;
  const { used, refreshToken, accessToken } = renewal;
  const { RefreshToken: token } = ctx.oidc.entities;
  if (!used || !refreshToken?.sessionUid || !accessToken || !token) return gather(renewal);
  const { client } = tokenRequest();
  const [won] = await renewTokens(database.db, [
    refreshToken.tenantId,
    used,
    client.ipAddress,
    refreshToken.sessionUid,
    refreshToken.clientId,
    refreshToken.accountId,
    refreshToken.grantId,
    refreshToken.id,
    refreshToken.payload,
    refreshToken.expiresIn,
    token.gty ?? 'refresh_token',
    token.scope ?? null,
    accessToken.id,
    accessToken.payload,
    accessToken.expiresIn,
    accessToken.grantType,
    accessToken.scope,
    client.ipAddress || null,
    client.userAgent,
  ]);
  if (won) return;
  const { status, error, error_description } = new errors.InvalidGrant('used by a parallel request');
  ctx.status = status;
  ctx.body = { error, error_description };
}
