import type { Plugin } from '../operation/exchange.ts';
import type { Tokens } from '../tokens/tokens.ts';

/** Who calls. No token is nobody; a token that does not stand is refused, whatever the operation. */
export const token = (tokens: Tokens): Plugin => ({
  name: 'token',
  run(exchange) {
    if (exchange.authorization.length === 0) return;
    return tokens.authenticate(exchange.authorization, exchange.client.host).then((identity) => {
      exchange.identity = identity;
      const { service, client, requestId } = exchange.caller;
      exchange.caller = { service, principal: identity.principal, client, requestId };
    });
  },
});
