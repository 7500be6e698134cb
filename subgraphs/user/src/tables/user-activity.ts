import { instant } from '@gatehouse/data/columns';
import { integer, uuid } from 'drizzle-orm/pg-core';
import { userSchema } from './schema.ts';
import { users } from './users.ts';

/** What people do in other systems, counted (`campaign.created`). */
export const userActivity = userSchema.table('user_activity', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  campaignsCreated: integer('campaigns_created').notNull(),
  lastCampaignAt: instant('last_campaign_at').notNull(),
});
