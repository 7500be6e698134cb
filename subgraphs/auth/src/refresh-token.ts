import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { answerRenewing } from './oidc/answer.ts';
import { originOf } from './origin.ts';
import type { Services } from './services.ts';
import { type TokenSet, tokenForm, tokenSetOf } from './sessions/open-session.ts';

const input = z.object({ refreshToken: z.string().min(1).max(4_096) });

/**
 * New tokens for a refresh token of the built-in client, through the same endpoint that others reach over HTTP.
 * INVALID_GRANT when it is unknown, used, expired or revoked; one used before ends its session.
 */
export async function refreshToken(
  services: Services,
  request: unknown,
  client: ClientInfo,
): Promise<TokenSet> {
  const { refreshToken: refresh_token } = readInput(input, request);
  const issuer = await services.issuers.of(await services.tenants.ofHost(client.host));
  const caller = { ...client, userAgent: originOf(client).userAgent };
  const form = tokenForm(caller, { grant_type: 'refresh_token', refresh_token });
  const tokens = tokenSetOf(await answerRenewing(services, issuer, form));
  if (tokens) return tokens;
  throw new GatehouseError('INVALID_GRANT', 'The refresh token is not good.');
}
