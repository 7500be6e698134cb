import { instant, tenantId } from '@gatehouse/data/columns';
import { bigint, index, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Who did what, and what came of it. A chain per tenant: append-only by a trigger of the migration. */
export const auditEntry = auth.table(
  'audit_entry',
  {
    tenantId: tenantId(),
    /** 1, 2, 3 … per tenant without gaps, in the order of the commits. */
    position: bigint('position', { mode: 'number' }).notNull(),
    id: uuid('id').notNull().unique(),
    occurredAt: instant('occurred_at').notNull(),
    /** The part of the product that tells of it. */
    service: text('service').notNull(),
    action: text('action').notNull(),
    result: text('result', { enum: ['SUCCESS', 'REFUSED'] }).notNull(),
    /** What it was refused with. */
    errorCode: text('error_code'),
    actorType: text('actor_type', { enum: ['user', 'client', 'api-key', 'anonymous', 'system'] }).notNull(),
    actorId: text('actor_id'),
    sessionId: text('session_id'),
    subjectType: text('subject_type'),
    subjectId: text('subject_id'),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    previousHash: text('previous_hash').notNull(),
    /** SHA-256 of the entry, in hexadecimal. */
    hash: text('hash').notNull(),
    /** HMAC of the hash: who has the database and not AUTH_SECRET can't make one. */
    seal: text('seal').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.position] }),
    index('audit_entry_actor').on(table.tenantId, table.actorId, table.position),
    index('audit_entry_subject').on(table.tenantId, table.subjectId, table.position),
    index('audit_entry_action').on(table.tenantId, table.action, table.position),
    index('audit_entry_occurred_at').on(table.tenantId, table.occurredAt),
  ],
);

export type AuditEntryRow = typeof auditEntry.$inferSelect;

/** The newest entry of a tenant; its row lock puts writers in line. */
export const auditHead = auth.table('audit_head', {
  tenantId: uuid('tenant_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
});
