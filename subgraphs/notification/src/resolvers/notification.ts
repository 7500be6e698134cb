import { actsFor, personOf, requireOwn } from '@gatehouse/identity';
import { z } from 'zod';
import type { Resolvers } from '../../generated/resolvers.ts';
import type { NotificationDeps } from '../deps.ts';
import { listNotifications } from '../list-notifications.ts';
import { markAllNotificationsRead, markNotificationRead } from '../mark-notification-read.ts';
import { notificationsById } from '../queries/notifications.ts';
import { receiveNotifications } from '../receive-notifications.ts';
import type { NotificationParent } from './parents.ts';

/** Of the API about in-app notifications; everything is about the caller's own. */
export const notificationResolvers = (deps: NotificationDeps): Resolvers => ({
  User: {
    __resolveReference: ({ id }) => ({ id }),
    notifications: async ({ id }, args, { caller }) => {
      const { principal } = caller;
      if (principal && actsFor(principal, id)) return await listNotifications(deps, requireOwn(caller), args);
      return null;
    },
  },
  Notification: {
    __resolveReference: async ({ id }, { caller }) => {
      const { principal } = caller;
      const userId = personOf(principal);
      if (!principal || !userId || !z.uuid().safeParse(id).success) return null;
      const [row] = await notificationsById(deps.database.db, { tenantId: principal.tenantId, userId }, [id]);
      return row ?? null;
    },
    user: ({ userId }) => ({ id: userId }),
  },
  Mutation: {
    markNotificationRead: async (_, { input }, { caller }) => ({
      notification: await markNotificationRead(deps, requireOwn(caller), input),
    }),
    markAllNotificationsRead: async (_, __, { caller }) => ({
      readCount: await markAllNotificationsRead(deps, requireOwn(caller)),
    }),
  },
  Subscription: {
    notificationReceived: {
      subscribe: (_, args, { caller }) => receiveNotifications(deps, requireOwn(caller), args),
      resolve: (row: NotificationParent) => row,
    },
  },
});
