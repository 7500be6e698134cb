import { createdAt, instant, tenantId } from '@gatehouse/data/columns';
import { sql } from 'drizzle-orm';
import { index, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** A sign-in and what came of it; the truth about whether its tokens stand. `id` is the `sid` of the tokens. */
export const session = auth.table(
  'session',
  {
    id: uuid('id').primaryKey(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    clientId: text('client_id').notNull(),
    amr: text('amr').array().notNull(),
    authTime: instant('auth_time').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    /** What its owner calls the device. */
    name: text('name'),
    createdAt: createdAt(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    /** The absolute limit. */
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('session_open').on(table.userId, table.id).where(sql`ended_at is null`),
    index('session_expires_at').on(table.expiresAt),
  ],
);

export type SessionRow = typeof session.$inferSelect;
