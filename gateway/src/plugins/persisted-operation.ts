import { GatehouseError } from '@gatehouse/service-kit';
import type { Plugin } from '../operation/exchange.ts';

/** Where a document known by its hash will take the place of its text; until then the text is required. */
export const persistedOperation: Plugin = {
  name: 'persisted-operation',
  run({ parameters }) {
    if (parameters.query) return;
    throw new GatehouseError('BAD_REQUEST', '`query` must be the text of a GraphQL document.');
  },
};
