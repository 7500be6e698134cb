import { requirePrincipal } from '@gatehouse/identity';
import type { Resolvers } from '../../generated/resolvers.ts';
import { liftSuppression } from '../suppressions/lift-suppression.ts';
import { listSuppressions } from '../suppressions/list-suppressions.ts';

/** Of the API about suppressed addresses; everything is about the caller's tenant. */
export const suppressionResolvers = {
  Query: {
    suppressions: (_, args, { caller, database }) =>
      listSuppressions({ database }, requirePrincipal(caller), args),
  },
  Suppression: {
    kind: ({ kind }) => (kind === 'bounce' ? 'BOUNCE' : 'COMPLAINT'),
    user: ({ userId }) => (userId ? { id: userId } : null),
  },
  Mutation: {
    liftSuppression: async (_, { input }, { caller, database }) => {
      const { id: suppressionId } = await liftSuppression(
        { database },
        requirePrincipal(caller).tenantId,
        input,
      );
      return { suppressionId };
    },
  },
} satisfies Resolvers;
