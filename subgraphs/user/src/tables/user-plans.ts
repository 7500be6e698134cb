import { instant } from '@gatehouse/data/columns';
import { text, uuid } from 'drizzle-orm/pg-core';
import { userSchema } from './schema.ts';
import { users } from './users.ts';

/** What people subscribe to, as the billing system says (`subscription.updated`). */
export const userPlans = userSchema.table('user_plans', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  plan: text('plan').notNull(),
  features: text('features').array().notNull(),
  /** When the billing system said so. */
  since: instant('since').notNull(),
});

export type UserPlanRow = typeof userPlans.$inferSelect;
