import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, asc, eq, gt, gte, lte, or, type SQL, sql } from 'drizzle-orm';
import { genesis } from '../audit/audit-entry.ts';
import { type AuditEntryRow, auditEntry, auditHead } from '../tables/audit-entry.ts';

export type AuditHead = { position: number; hash: string };

export type AuditSelection = {
  tenantId: string;
  actor?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  result?: 'SUCCESS' | 'REFUSED' | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  text?: string | undefined;
  /** The last entry to be looked at. */
  upTo?: number | undefined;
};

/** The newest entry of a tenant, locked until the transaction ends: whoever appends comes one after the other. */
export async function lockAuditHead(tx: Executor, tenantId: string): Promise<AuditHead> {
  const [head] = await tx
    .insert(auditHead)
    .values({ tenantId, position: 0, hash: genesis })
    .onConflictDoUpdate({ target: auditHead.tenantId, set: { position: sql`${auditHead.position}` } })
    .returning({ position: auditHead.position, hash: auditHead.hash });
  if (!head) throw new Error('the head of the audit log was not locked');
  return head;
}

export async function appendAuditEntries(
  tx: Executor,
  rows: [AuditEntryRow, ...AuditEntryRow[]],
): Promise<void> {
  await tx.insert(auditEntry).values(rows);
  const { tenantId, position, hash } = rows.at(-1) ?? rows[0];
  await tx.update(auditHead).set({ position, hash }).where(eq(auditHead.tenantId, tenantId));
}

export async function findAuditHead(db: Reader, tenantId: string): Promise<AuditHead> {
  const [head] = await db.select().from(auditHead).where(eq(auditHead.tenantId, tenantId));
  return head ?? { position: 0, hash: genesis };
}

const contains = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** The columns that a text is looked for in. */
const texts = [
  auditEntry.action,
  auditEntry.errorCode,
  auditEntry.subjectId,
  auditEntry.ipAddress,
  auditEntry.userAgent,
];

function where(selection: AuditSelection): SQL | undefined {
  const { actor, subject, action, result, from, to, text, upTo } = selection;
  const pattern = text && contains(text);
  return and(
    eq(auditEntry.tenantId, selection.tenantId),
    actor ? eq(auditEntry.actorId, actor) : undefined,
    subject ? eq(auditEntry.subjectId, subject) : undefined,
    action ? eq(auditEntry.action, action) : undefined,
    result ? eq(auditEntry.result, result) : undefined,
    from ? gte(auditEntry.occurredAt, from) : undefined,
    to ? lte(auditEntry.occurredAt, to) : undefined,
    upTo === undefined ? undefined : lte(auditEntry.position, upTo),
    pattern
      ? or(
          ...texts.map((column) => sql`${column} ilike ${pattern}`),
          sql`${auditEntry.details}::text ilike ${pattern}`,
        )
      : undefined,
  );
}

/** Newest first. */
export async function pageOfAuditEntries(
  db: Reader,
  selection: AuditSelection,
  page: Page<number>,
): Promise<AuditEntryRow[]> {
  const keys = keyset(page, [auditEntry.position], (position) => [position], 'desc');
  return db
    .select()
    .from(auditEntry)
    .where(and(where(selection), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

/** Oldest first, after a position. */
export const auditEntriesAfter = (
  db: Reader,
  selection: AuditSelection,
  position: number,
  limit: number,
): Promise<AuditEntryRow[]> =>
  db
    .select()
    .from(auditEntry)
    .where(and(where(selection), gt(auditEntry.position, position)))
    .orderBy(asc(auditEntry.position))
    .limit(limit);
