import type { Principal } from '@gatehouse/identity';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { TokenPrincipalDocument, type TokenPrincipalQuery } from '../../generated/calls.ts';
import type { Standing, VerifiedToken } from './identity.ts';

/** Whom an access token stands for now, asked of the auth subgraph; null when it no longer stands. */
export async function tokenStanding(call: CallSubgraph, token: VerifiedToken): Promise<Standing | null> {
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
  return { principal: principalOf(tokenPrincipal), expiresAt: token.expiresAt, allowedAddresses: [] };
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
