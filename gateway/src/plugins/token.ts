import type { Exchange, Plugin } from '../operation/exchange.ts';
import type { TokenChecks } from '../tokens/check-token.ts';
import type { Identity } from '../tokens/identity.ts';

/** Who calls. No token is nobody; a token that does not stand is refused, whatever the operation. */
export const token = (checkToken: TokenChecks): Plugin => ({
  name: 'token',
  run(exchange) {
    if (exchange.authorization.length === 0) return;
    const identity = checkToken(exchange.authorization, exchange.client, exchange.proof);
    if ('then' in identity) return identity.then((asked) => identify(exchange, asked));
    identify(exchange, identity);
  },
});

function identify(exchange: Exchange, identity: Identity): void {
  exchange.identity = identity;
  exchange.caller.principal = identity.principal;
}
