import type { Resolvers } from '../../generated/resolvers.ts';
import type { StorageDeps } from '../deps.ts';
import { holdsDocuments } from '../holds-documents.ts';
import { releaseDocuments, reserveDocuments } from '../reserve-documents.ts';

/** What other services ask for. */
export const serviceResolvers = (deps: StorageDeps): Resolvers => ({
  Query: {
    holdsDocuments: (_, input) => holdsDocuments(deps, input),
  },
  Mutation: {
    reserveDocuments: async (_, input) => {
      await reserveDocuments(deps, input);
      return true;
    },
    releaseDocuments: async (_, input) => {
      await releaseDocuments(deps, input);
      return true;
    },
  },
});
