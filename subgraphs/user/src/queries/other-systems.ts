import type { Executor } from '@gatehouse/data';
import { count, inArray, lt, max, sql } from 'drizzle-orm';
import { connectedAccounts, type UserPlanRow, userActivity, userPlans } from '../tables/index.ts';

// What other systems have told of people.

/** An account is counted once, however often it is connected. */
export async function insertConnectedAccount(
  tx: Executor,
  account: typeof connectedAccounts.$inferInsert,
): Promise<void> {
  await tx.insert(connectedAccounts).values(account).onConflictDoNothing();
}

export async function countCampaign(tx: Executor, userId: string, at: Date): Promise<void> {
  await tx
    .insert(userActivity)
    .values({ userId, campaignsCreated: 1, lastCampaignAt: at })
    .onConflictDoUpdate({
      target: userActivity.userId,
      set: {
        campaignsCreated: sql`${userActivity.campaignsCreated} + 1`,
        lastCampaignAt: sql`greatest(${userActivity.lastCampaignAt}, excluded.last_campaign_at)`,
      },
    });
}

/** Whether the plan is news: one that was said earlier than what is known is not. */
export async function setPlan(tx: Executor, plan: UserPlanRow): Promise<boolean> {
  const set = await tx
    .insert(userPlans)
    .values(plan)
    .onConflictDoUpdate({
      target: userPlans.userId,
      set: { plan: plan.plan, features: plan.features, since: plan.since },
      setWhere: lt(userPlans.since, plan.since),
    })
    .returning({ userId: userPlans.userId });
  return set.length > 0;
}

export async function plansOfUsers(db: Executor, userIds: readonly string[]): Promise<UserPlanRow[]> {
  return await db
    .select()
    .from(userPlans)
    .where(inArray(userPlans.userId, [...userIds]));
}

export type Activity = {
  userId: string;
  connectedAccounts: number;
  lastConnectedAt: Date | null;
  campaignsCreated: number;
  lastCampaignAt: Date | null;
};

/** Who has done nothing has no row. */
export async function activityOfUsers(db: Executor, userIds: readonly string[]): Promise<Activity[]> {
  const ids = [...userIds];
  const [connected, counted] = await Promise.all([
    db
      .select({
        userId: connectedAccounts.userId,
        connectedAccounts: count(),
        lastConnectedAt: max(connectedAccounts.connectedAt),
      })
      .from(connectedAccounts)
      .where(inArray(connectedAccounts.userId, ids))
      .groupBy(connectedAccounts.userId),
    db.select().from(userActivity).where(inArray(userActivity.userId, ids)),
  ]);
  return [...new Set([...connected, ...counted].map(({ userId }) => userId))].map((userId) => ({
    userId,
    connectedAccounts: 0,
    lastConnectedAt: null,
    campaignsCreated: 0,
    lastCampaignAt: null,
    ...connected.find((row) => row.userId === userId),
    ...counted.find((row) => row.userId === userId),
  }));
}

/** All of it, of people who are erased. */
export async function forgetOtherSystems(tx: Executor, userIds: readonly string[]): Promise<void> {
  for (const table of [connectedAccounts, userActivity, userPlans])
    await tx.delete(table).where(inArray(table.userId, [...userIds]));
}
