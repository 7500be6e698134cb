import { instant, tenantId } from '@gatehouse/data/columns';
import { integer, primaryKey, text } from 'drizzle-orm/pg-core';
import { auth } from './schema.ts';

/** Whether the people of a tenant have to have a second factor. */
export const mfaPolicy = auth.table(
  'mfa_policy',
  {
    tenantId: tenantId(),
    /** The name of a role, whose rule goes before that for everybody; empty for everybody. */
    role: text('role').notNull(),
    requirement: text('requirement', { enum: ['OFF', 'OPTIONAL', 'REQUIRED'] }).notNull(),
    graceSeconds: integer('grace_seconds').notNull(),
    /** When the requirement became what it is. */
    since: instant('since').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.role] })],
);

export type MfaPolicyRow = typeof mfaPolicy.$inferSelect;
