import type { KeyValue } from '@gatehouse/data';
import { generationKey, type Principal, principalKey } from '@gatehouse/identity';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { TokenPrincipalDocument, type TokenPrincipalQuery } from '../../generated/calls.ts';
import type { VerifiedToken } from './identity.ts';

/** How long one gateway's answer serves the others. Seconds. */
const maxLife = 300;

/**
 * Whom a verified token stands for, by the cache that the gateways share, else by the auth subgraph; null when it no
 * longer stands. An entry is believed while its generation is the user's: a revocation during the question makes a new
 * generation, so that what was answered before it is never believed after it.
 */
export function createSharedPrincipals(keyValue: KeyValue, call: CallSubgraph) {
  return async (token: VerifiedToken): Promise<Principal | null> => {
    // By token, not by session: one token of a session can be revoked alone (RFC 7009).
    const key = `${principalKey(token.subject, token.sessionId ?? '')}:${token.jti}`.slice(0, 500);
    const [generation = '0', shared] = await keyValue.getMany([generationKey(token.subject), key]);
    const known = readEntry(shared);
    if (known?.generation === generation) return known.principal;

    const { tokenPrincipal } = await call('auth', TokenPrincipalDocument, {
      input: {
        issuer: token.issuer,
        jti: token.jti,
        subject: token.subject,
        clientId: token.clientId,
        sessionId: token.sessionId,
      },
    });
    if (!tokenPrincipal) return null;
    const principal = principalOf(tokenPrincipal);
    const left = token.expiresAt - Date.now() / 1000;
    if (left > 1) {
      const ttlSeconds = Math.min(left, maxLife);
      await keyValue.set(key, JSON.stringify({ generation, principal }), { ttlSeconds });
    }
    return principal;
  };
}

function readEntry(text: string | undefined): { generation: string; principal: Principal } | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as { generation: string; principal: Principal });
}

function principalOf(answer: NonNullable<TokenPrincipalQuery['tokenPrincipal']>): Principal {
  const { tenantId, clientId, userId, sessionId, roles, permissions, amr, authTime, secondFactor } = answer;
  if (userId === null || sessionId === null) return { kind: 'client', clientId, tenantId, permissions };
  return {
    kind: 'user',
    userId,
    tenantId,
    sessionId,
    clientId,
    roles,
    permissions,
    amr,
    authTime: authTime ?? 0,
    secondFactor,
  };
}
