import { instant, tenantId } from '@gatehouse/data/columns';
import { bigint, index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Signed statements of how far an audit log had come. */
export const auditCheckpoint = auth.table(
  'audit_checkpoint',
  {
    tenantId: tenantId(),
    position: bigint('position', { mode: 'number' }).notNull(),
    hash: text('hash').notNull(),
    signedAt: instant('signed_at').notNull(),
    /** The same as a compact JWS. */
    jws: text('jws').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.position] }),
    index('audit_checkpoint_signed_at').on(table.signedAt),
  ],
);

export type AuditCheckpointRow = typeof auditCheckpoint.$inferSelect;

/** Where a log begins after its oldest entries have gone: up to this position they may be deleted. */
export const auditStart = auth.table('audit_start', {
  tenantId: uuid('tenant_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
  jws: text('jws').notNull(),
});

export type AuditStartRow = typeof auditStart.$inferSelect;
