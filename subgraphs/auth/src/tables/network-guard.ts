import { instant, tenantId } from '@gatehouse/data/columns';
import { index, integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** What failed lately from a network, whatever the accounts, and what it led to. */
export const networkGuard = auth.table(
  'network_guard',
  {
    tenantId: tenantId(),
    /** In canonical CIDR notation. */
    network: text('network').notNull(),
    failures: integer('failures').notNull(),
    /** The accounts that were tried, existing or not, as short HMACs; no more of them than it takes to block. */
    accounts: text('accounts').array().notNull(),
    /** When the count began. */
    since: instant('since').notNull().defaultNow(),
    /** Blocks in a row; each is longer than the one before. */
    blocks: integer('blocks').notNull().default(0),
    lastBlockedAt: instant('last_blocked_at'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.network] }),
    index('network_guard_since').on(table.since),
  ],
);
