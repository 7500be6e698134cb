import { isBuiltIn } from '@gatehouse/identity';
import { z } from 'zod';
import { permissionsWithin } from './oidc/scopes.ts';
import { sha256 } from './oidc/secrets.ts';
import { storedIdOf } from './oidc/token-log.ts';
import { findArtifact } from './queries/artifacts.ts';
import { findOauthClient } from './queries/oauth-clients.ts';
import { findSessionOfToken, markSessionSeen } from './queries/sessions.ts';
import type { Services } from './services.ts';
import { activeIn, findSubject } from './subject.ts';

export type TokenPrincipal = {
  tenantId: string;
  clientId: string;
  userId: string | null;
  sessionId: string | null;
  roles: string[];
  permissions: string[];
  amr: string[];
  authTime: number | null;
  secondFactor: boolean;
};

type Token = { issuer: string; jti: string; subject: string; clientId: string; sessionId?: string | null };

const ids = z.object({ sessionId: z.uuid(), subject: z.uuid() });

/**
 * Whether an access token, whose signature and expiry the gateway has verified, still stands, and for whom at this
 * moment. Null when it was revoked, its session is over, or the person may not use it any more.
 */
export async function tokenPrincipal(services: Services, token: Token): Promise<TokenPrincipal | null> {
  const issuer = await services.issuers.byIdentifier(token.issuer);
  if (!issuer) return null;
  const tenantId = issuer.tenant.id;
  const storedId = sha256(storedIdOf(services, token.jti));
  return token.sessionId
    ? ofPerson(services, { tenantId, idleSeconds: issuer.tenant.policy.sessionIdleSeconds }, storedId, token)
    : ofClient(services, tenantId, storedId, token);
}

async function ofPerson(
  services: Services,
  { tenantId, idleSeconds }: { tenantId: string; idleSeconds: number },
  storedId: string,
  token: Token,
): Promise<TokenPrincipal | null> {
  const known = ids.safeParse(token);
  if (!known.success) return null;
  const { sessionId, subject: userId } = known.data;
  const { db } = services.database;
  const [[session], subject] = await Promise.all([
    findSessionOfToken(db, [tenantId, sessionId, userId, storedId, idleSeconds]),
    findSubject(services, userId),
  ]);
  const active = activeIn(tenantId, subject);
  if (!session || !active || session.client_id !== token.clientId) return null;
  const permissions = permissionsWithin(token, session.scope ?? undefined, active.permissions);
  // A client that was granted nothing of the API, but only to know who signed in, learns no more from the API.
  if (permissions.length === 0 && !isBuiltIn(token)) return null;
  if (session.stale) await markSessionSeen(db, [sessionId]);
  return {
    tenantId,
    clientId: token.clientId,
    userId,
    sessionId,
    roles: active.roles,
    permissions,
    amr: session.amr,
    authTime: session.auth_time,
    secondFactor: session.second_factor,
  };
}

async function ofClient(
  services: Services,
  tenantId: string,
  storedId: string,
  token: Token,
): Promise<TokenPrincipal | null> {
  const { db } = services.database;
  const client = await findOauthClient(db, tenantId, token.clientId);
  const [stored] = await findArtifact(db, [tenantId, 'ClientCredentials', storedId]);
  if (!client || stored?.payload.clientId !== client.id || token.subject !== client.id) return null;
  const granted = String(stored.payload.scope ?? '').split(' ');
  return {
    tenantId,
    clientId: client.id,
    userId: null,
    sessionId: null,
    roles: [],
    permissions: client.scopes.filter((scope) => granted.includes(scope)),
    amr: [],
    authTime: null,
    secondFactor: false,
  };
}
