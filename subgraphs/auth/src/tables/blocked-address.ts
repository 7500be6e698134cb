import { createdAt, id, instant } from '@gatehouse/data/columns';
import { boolean, index, text, unique, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** An address or network that is refused, by hand or because of what came from it. */
export const blockedAddress = auth.table(
  'blocked_address',
  {
    id: id(),
    /** Null: at every tenant. */
    tenantId: uuid('tenant_id'),
    /** In canonical CIDR notation. */
    range: text('range').notNull(),
    reason: text('reason'),
    automatic: boolean('automatic').notNull(),
    /** Id of the user or client; null for an automatic block. */
    createdBy: text('created_by'),
    createdAt: createdAt(),
    /** Null: until it is lifted. */
    expiresAt: instant('expires_at'),
  },
  (table) => [
    unique('blocked_address_range').on(table.tenantId, table.range).nullsNotDistinct(),
    index('blocked_address_expires_at').on(table.expiresAt),
  ],
);

export type BlockedAddress = typeof blockedAddress.$inferSelect;
