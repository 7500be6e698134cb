import { instant, tenantId } from '@gatehouse/data/columns';
import { index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Where, and with what kind of device, somebody has signed in: what is familiar about a sign-in to come. */
export const signInPlace = auth.table(
  'sign_in_place',
  {
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    /** The address, or the /64 of an IPv6 address, in canonical CIDR notation. */
    network: text('network').notNull(),
    /** The kind of browser and system, as the user agent names them. */
    device: text('device').notNull(),
    ipAddress: text('ip_address').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.network, table.device] }),
    index('sign_in_place_last_seen_at').on(table.lastSeenAt),
  ],
);

export type SignInPlace = typeof signInPlace.$inferSelect;
