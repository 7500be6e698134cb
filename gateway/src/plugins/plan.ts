import type { Plugin } from '../operation/exchange.ts';
import type { Planner } from '../planner/planner.ts';

/** Finds which subgraphs answer the operation, in which order. */
export const plan = (planner: Planner): Plugin => ({
  name: 'plan',
  run(exchange) {
    if (exchange.operation) exchange.plan = planner.planOf(exchange.operation);
  },
});
