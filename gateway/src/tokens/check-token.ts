import { GatehouseError, type Metrics } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Rates } from '../rates/rates.ts';
import type { Identity } from './identity.ts';
import type { Proof } from './proofs.ts';
import type { Tokens } from './tokens.ts';

export type TokenChecks = (
  authorization: readonly string[],
  client: ClientInfo,
  proof: Proof | null,
) => Identity | Promise<Identity>;

/**
 * Authenticates, at once where that can be, and counts tokens that do not stand by the address they come from, so that
 * guessing is bounded: `RATE_LIMITED` past the quota, whatever the token.
 */
export function createTokenChecks(tokens: Tokens, rates: Rates, metrics: Metrics): TokenChecks {
  const refused = metrics.counter({
    name: 'gatehouse_gateway_tokens_refused_total',
    help: 'Tokens and API keys that did not stand.',
  })();
  const failed = async (error: unknown, { ipAddress }: ClientInfo): Promise<never> => {
    if (error instanceof GatehouseError && error.code === 'UNAUTHENTICATED') {
      refused.add();
      await rates.tokenFailed(ipAddress);
    }
    throw error;
  };

  const authenticate: TokenChecks = (authorization, client, proof) => {
    try {
      const identity = tokens.authenticate(authorization, client, proof);
      return 'then' in identity ? identity.catch((error: unknown) => failed(error, client)) : identity;
    } catch (error) {
      return failed(error, client);
    }
  };

  return (authorization, client, proof) => {
    const checking = rates.checkTokens(client.ipAddress);
    return checking
      ? checking.then(() => authenticate(authorization, client, proof))
      : authenticate(authorization, client, proof);
  };
}
