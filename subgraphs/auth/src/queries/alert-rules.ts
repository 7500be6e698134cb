import { type Executor, keyset, newId, type Page, type Reader } from '@gatehouse/data';
import { and, asc, count, eq, sql } from 'drizzle-orm';
import { type AlertRule, alertCursor, alertRule } from '../tables/alert-rule.ts';
import { securityEventPosition } from '../tables/security-event.ts';

/** Oldest first. */
export async function pageOfAlertRules(
  db: Reader,
  tenantId: string,
  page: Page<string>,
): Promise<AlertRule[]> {
  const keys = keyset(page, [alertRule.id], (id) => [id]);
  return db
    .select()
    .from(alertRule)
    .where(and(eq(alertRule.tenantId, tenantId), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

const oneOf = (tenantId: string, id: string) => and(eq(alertRule.tenantId, tenantId), eq(alertRule.id, id));

export async function findAlertRule(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<AlertRule | undefined> {
  const [row] = await db.select().from(alertRule).where(oneOf(tenantId, id));
  return row;
}

export async function countAlertRules(db: Executor, tenantId: string): Promise<number> {
  const [row] = await db.select({ n: count() }).from(alertRule).where(eq(alertRule.tenantId, tenantId));
  return row?.n ?? 0;
}

/** Stores a rule; what happened before it is none of its business. */
export async function insertAlertRule(
  tx: Executor,
  values: Omit<typeof alertRule.$inferInsert, 'id'>,
): Promise<AlertRule> {
  const [row] = await tx
    .insert(alertRule)
    .values({ ...values, id: newId() })
    .returning();
  if (!row) throw new Error('the rule was not stored');
  await tx.execute(sql`
    insert into ${alertCursor} (tenant_id, position)
    select ${values.tenantId}::uuid,
      coalesce((select last from ${securityEventPosition} where tenant_id = ${values.tenantId}::uuid), 0)
    on conflict do nothing`);
  return row;
}

export async function updateAlertRuleRow(
  tx: Executor,
  tenantId: string,
  id: string,
  set: Partial<AlertRule>,
): Promise<AlertRule | undefined> {
  const [row] = await tx.update(alertRule).set(set).where(oneOf(tenantId, id)).returning();
  return row;
}

export async function deleteAlertRuleRow(
  tx: Executor,
  tenantId: string,
  id: string,
): Promise<AlertRule | undefined> {
  const [row] = await tx.delete(alertRule).where(oneOf(tenantId, id)).returning();
  return row;
}

/** Tenants with rules whose newest events have not been held against them. */
export async function tenantsToAlert(db: Executor): Promise<string[]> {
  const { rows } = await db.execute<{ tenant_id: string }>(sql`
    select c.tenant_id from ${alertCursor} c join ${securityEventPosition} p on p.tenant_id = c.tenant_id
    where p.last > c.position
      and exists (select from ${alertRule} r where r.tenant_id = c.tenant_id and r.enabled)`);
  return rows.map(({ tenant_id }) => tenant_id);
}

/** The cursor of a tenant, locked until the transaction ends; undefined while another process has it. */
export async function lockAlertCursor(tx: Executor, tenantId: string): Promise<number | undefined> {
  const [row] = await tx
    .select({ position: alertCursor.position })
    .from(alertCursor)
    .where(eq(alertCursor.tenantId, tenantId))
    .for('update', { skipLocked: true });
  return row?.position;
}

export async function moveAlertCursor(tx: Executor, tenantId: string, position: number): Promise<void> {
  await tx.update(alertCursor).set({ position }).where(eq(alertCursor.tenantId, tenantId));
}

export const enabledAlertRules = (tx: Executor, tenantId: string): Promise<AlertRule[]> =>
  tx
    .select()
    .from(alertRule)
    .where(and(eq(alertRule.tenantId, tenantId), eq(alertRule.enabled, true)))
    .orderBy(asc(alertRule.id));

/** Whether the rule fires at this moment: not when it has within its window. One statement: of several one fires. */
export async function fire(tx: Executor, rule: AlertRule, at: Date): Promise<boolean> {
  const rows = await tx
    .update(alertRule)
    .set({ lastFiredAt: at })
    .where(
      and(
        eq(alertRule.id, rule.id),
        sql`(${alertRule.lastFiredAt} is null or ${alertRule.lastFiredAt}
          <= ${sql.param(at, alertRule.lastFiredAt)}::timestamptz - make_interval(secs => ${alertRule.windowSeconds}))`,
      ),
    )
    .returning({ id: alertRule.id });
  return rows.length === 1;
}
