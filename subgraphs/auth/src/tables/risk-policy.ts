import { instant } from '@gatehouse/data/columns';
import { integer, jsonb, uuid } from 'drizzle-orm/pg-core';
import type { RiskReason } from '../risk/risk.ts';
import { auth } from './schema.ts';

/** What a tenant makes of the risk of a sign-in; the defaults hold without a row. */
export const riskPolicy = auth.table('risk_policy', {
  tenantId: uuid('tenant_id').primaryKey(),
  /** From this score on a second step is asked for; null: never. */
  askFrom: integer('ask_from'),
  /** From this score on a sign-in is refused; null: never. */
  refuseFrom: integer('refuse_from'),
  weights: jsonb('weights').$type<Record<RiskReason, number>>().notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

export type RiskPolicyRow = typeof riskPolicy.$inferSelect;
