import { GatehouseError } from '@gatehouse/service-kit';
import { amountFor } from '../operation/cost/amount.ts';
import type { Plugin } from '../operation/exchange.ts';

/** Estimates what the operation costs with these variables, and refuses one past the limit; 0 is no limit. */
export const costLimit = (limit: number): Plugin => ({
  name: 'cost',
  run(exchange) {
    const { operation, parameters } = exchange;
    if (!operation) return;
    const estimated = Math.max(0, Math.ceil(amountFor(operation.cost, parameters.variables)));
    exchange.cost = estimated;
    if (limit === 0 || estimated <= limit) return;
    throw new GatehouseError(
      'OPERATION_TOO_COMPLEX',
      `The operation is estimated to cost ${estimated}; the limit is ${limit}.`,
      { cost: estimated, limit },
    );
  },
});
