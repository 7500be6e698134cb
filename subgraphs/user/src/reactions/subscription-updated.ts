import { writeEvent } from '@gatehouse/events';
import { announceChange } from '../announce-change.ts';
import type { UserDeps } from '../deps.ts';
import { followEntitlements } from '../queries/entitlements.ts';
import { setPlan } from '../queries/other-systems.ts';
import { outbox } from '../tables/index.ts';
import { hearOf } from './other-systems.ts';

/** The person has the plan, and the roles that it and its features give instead of those that the former ones gave. */
export const subscriptionUpdated = (deps: UserDeps) =>
  hearOf(deps, {
    group: 'user.plan',
    type: 'subscription.updated',
    async react(tx, user, { time, data: { plan, features } }) {
      const { id: userId, tenantId } = user;
      const isNews = await setPlan(tx, {
        userId,
        plan,
        features: [...new Set(features)],
        since: new Date(time),
      });
      if (!isNews) return;
      const { added, removed } = await followEntitlements(tx, user, [plan, ...features]);
      if (added.length + removed.length === 0) return;
      await writeEvent(tx, outbox, {
        type: 'user.roles_changed',
        tenantId,
        subject: userId,
        data: { userId, added, removed, changedBy: 'subscription' },
      });
    },
    afterwards: ({ data: { userId } }) => announceChange(deps, { userId, ended: false }),
  });
