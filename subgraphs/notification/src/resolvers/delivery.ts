import { requirePrincipal } from '@gatehouse/identity';
import type { DeliveryStatus, Resolvers } from '../../generated/resolvers.ts';
import { listDeliveries } from '../list-deliveries.ts';

/** Of the API about mails and SMS; everything is about the caller's tenant. */
export const deliveryResolvers = {
  Query: {
    deliveries: (_, args, { caller, database }) =>
      listDeliveries({ database }, requirePrincipal(caller), args),
  },
  Delivery: {
    channel: ({ channel }) => (channel === 'email' ? 'EMAIL' : 'SMS'),
    status: ({ status }) => status.toUpperCase() as DeliveryStatus,
    user: ({ userId }) => (userId ? { id: userId } : null),
  },
} satisfies Resolvers;
