import type { Plugin } from '../operation/exchange.ts';
import type { TokenChecks } from '../tokens/check-token.ts';

/** Who calls. No token is nobody; a token that does not stand is refused, whatever the operation. */
export const token = (checkToken: TokenChecks): Plugin => ({
  name: 'token',
  run(exchange) {
    if (exchange.authorization.length === 0) return;
    return checkToken(exchange.authorization, exchange.client).then((identity) => {
      exchange.identity = identity;
      const { service, client, requestId } = exchange.caller;
      exchange.caller = { service, principal: identity.principal, client, requestId };
    });
  },
});
