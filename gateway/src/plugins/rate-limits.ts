import type { Plugin } from '../operation/exchange.ts';
import type { Rates } from '../rates/rates.ts';

/** Counts the request for its address, before any work is done for it. */
export const limitAddress = (rates: Rates): Plugin => ({ name: 'limit-address', run: rates.countAddress });

/** Counts it for the user, client or API key that makes it. */
export const limitPrincipal = (rates: Rates): Plugin => ({
  name: 'limit-principal',
  run: rates.countPrincipal,
});

/** Counts what it asks for, last before it is executed. */
export const limitOperation = (rates: Rates): Plugin => ({
  name: 'limit-operation',
  run: rates.countOperation,
});
