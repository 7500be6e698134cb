import { graphOf, type Plugin } from '../operation/exchange.ts';

/** Finds which subgraphs answer the operation, in which order. */
export const plan: Plugin = {
  name: 'plan',
  run(exchange) {
    if (exchange.operation) exchange.plan = graphOf(exchange).planner.planOf(exchange.operation);
  },
};
