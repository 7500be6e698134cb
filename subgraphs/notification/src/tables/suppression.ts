import { createdAt, id, tenantId } from '@gatehouse/data/columns';
import { index, text, unique, uuid } from 'drizzle-orm/pg-core';
import { notificationSchema } from './schema.ts';

/**
 * An address that a tenant writes to no more, for one reason. The address itself is not in it: it stands in the delivery that the report was
 * about, as long as that is kept.
 */
export const suppression = notificationSchema.table(
  'suppression',
  {
    id: id(),
    tenantId: tenantId(),
    /** `addressHash` of the tenant and the address. */
    addressHash: text('address_hash').notNull(),
    kind: text('kind', { enum: ['bounce', 'complaint'] }).notNull(),
    /** An enhanced status code (RFC 3463), or a feedback type (RFC 5965). */
    reasonCode: text('reason_code').notNull(),
    deliveryId: uuid('delivery_id').notNull(),
    userId: uuid('user_id'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('suppression_address').on(table.tenantId, table.addressHash, table.kind),
    index('suppression_of_tenant').on(table.tenantId, table.id),
    index('suppression_created_at').on(table.createdAt),
  ],
);

export type Suppression = typeof suppression.$inferSelect;
export type SuppressionKind = Suppression['kind'];
