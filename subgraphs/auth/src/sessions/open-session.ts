import { firstPartyClientId } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { networkOfAddress } from '../addresses/network.ts';
import { sessionGrant } from '../oidc/client-metadata.ts';
import { type InjectedResponse, inject } from '../oidc/inject.ts';
import type { Issuer } from '../oidc/issuers.ts';
import { withTokenRequest } from '../oidc/token-request.ts';
import { originOf } from '../origin.ts';
import { recordLastLogin } from '../queries/credentials.ts';
import { putExternalSession } from '../queries/external-sessions.ts';
import { deviceOf } from '../risk/device.ts';
import type { Risk } from '../risk/risk.ts';
import type { Subject } from '../subject.ts';
import type { ExternalSession } from '../tables/external-session.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { endOldestSessions } from './end-oldest-sessions.ts';

export type TokenSet = {
  accessToken: string;
  idToken: string;
  refreshToken: string;
  tokenType: string;
  expiresIn: number;
  sessionId: string;
  /** Of a device that is to be remembered. */
  deviceToken: string | null;
};

/** A sign-in that was decided. */
type Login = {
  issuer: Issuer;
  subject: Subject;
  amr: string[];
  client: ClientInfo;
  risk: Risk | null;
  external?: ExternalSession | null | undefined;
};

/** Opens a session for somebody whose sign-in was decided, within that transaction, and says so to all who listen. */
export async function openSession(unit: UnitOfWork, login: Login): Promise<TokenSet> {
  const { issuer, subject, amr, risk, external } = login;
  const origin = originOf(login.client);
  const client = { ...login.client, userAgent: origin.userAgent };
  const response = await withTokenRequest(
    { client, receivedAt: Date.now(), login: { subject, amr }, subjects: new Map(), readAhead: new Map() },
    () => inject(issuer, tokenForm(client, { grant_type: sessionGrant })),
  );
  const tokens = tokenSetOf(response);
  if (!tokens) throw new Error(`the session grant answered ${response.status}`);
  await recordLogin(unit, { issuer, subject, amr, client, risk, external, sessionId: tokens.sessionId });
  return tokens;
}

/** Says that somebody has signed in, to all who listen; their oldest session ends where that is one too many. */
export async function recordLogin(unit: UnitOfWork, login: Login & { sessionId: string }): Promise<void> {
  const { subject, amr, risk, external, sessionId } = login;
  const origin = originOf(login.client);
  const { userId, tenantId } = subject;
  const { ipAddress, userAgent } = origin;
  if (external) await putExternalSession(unit.tx, { tenantId, sessionId, ...external });
  await recordLastLogin(unit.tx, [
    tenantId,
    userId,
    networkOfAddress(ipAddress ?? ''),
    deviceOf(userAgent),
    ipAddress ?? '',
  ]);
  await unit.event('user.login', tenantId, userId, {
    userId,
    loginMethod: methodOf(amr),
    ...origin,
    sessionId,
  });
  unit.securityEvent({
    tenantId,
    type: 'LOGIN_SUCCEEDED',
    userId,
    origin,
    details: { sessionId, amr, ...(risk && risk.score > 0 && { score: risk.score, reasons: risk.reasons }) },
  });
  if (risk?.reasons.includes('NEW_DEVICE'))
    await unit.event('auth.new_device', tenantId, userId, { userId, ...origin });
  const { maxSessions } = login.issuer.tenant.policy;
  await endOldestSessions(unit, { tenantId, userId }, { maxSessions, origin });
}

/** Which way in it was: providers leave their name in `amr`. */
const methodOf = (amr: readonly string[]) =>
  (['telegram', 'oauth', 'sso'] as const).find((method) => amr.includes(method)) ??
  (amr.includes('pwd') ? 'password' : 'passkey');

/** A request of the built-in client to the token endpoint. */
export const tokenForm = (client: ClientInfo, parameters: Record<string, string>) => ({
  method: 'POST',
  path: '/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
  body: new URLSearchParams({ client_id: firstPartyClientId, ...parameters }).toString(),
  client,
});

const answerShape = z.object({
  access_token: z.string(),
  id_token: z.string(),
  refresh_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
});

/** The tokens of an answer; undefined for a refusal. */
export function tokenSetOf(response: InjectedResponse): TokenSet | undefined {
  if (response.status >= 500)
    throw new GatehouseError('OVERLOADED', 'Try again in a moment.', { retryAfter: 1 });
  if (response.status !== 200) return undefined;
  const body = answerShape.parse(JSON.parse(response.body.toString()));
  return {
    accessToken: body.access_token,
    idToken: body.id_token,
    refreshToken: body.refresh_token,
    tokenType: body.token_type,
    expiresIn: body.expires_in,
    sessionId: sessionOf(body.id_token),
    deviceToken: null,
  };
}

/** `sid` of an ID token that we have just signed ourselves. */
function sessionOf(idToken: string): string {
  const payload = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return z.object({ sid: z.string() }).parse(payload).sid;
}
