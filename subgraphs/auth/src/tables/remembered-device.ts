import { createdAt, id, instant, tenantId } from '@gatehouse/data/columns';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** A device that an account's second factor was used on, and that is not asked for it for a while. */
export const rememberedDevice = auth.table(
  'remembered_device',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    /** SHA-256 of what the device shows. */
    tokenHash: text('token_hash').notNull().unique(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    /** What its owner calls it. */
    name: text('name'),
    createdAt: createdAt(),
    lastUsedAt: instant('last_used_at').notNull().defaultNow(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('remembered_device_user').on(table.userId),
    index('remembered_device_expires_at').on(table.expiresAt),
  ],
);

export type RememberedDevice = typeof rememberedDevice.$inferSelect;
