import type { Executor } from '@gatehouse/data';
import { and, asc, desc, eq, gt, lt, lte, sql } from 'drizzle-orm';
import {
  type AuditCheckpointRow,
  type AuditStartRow,
  auditCheckpoint,
  auditStart,
} from '../tables/audit-checkpoint.ts';
import { auditEntry, auditHead } from '../tables/audit-entry.ts';

/**
 * The logs that have grown since their last checkpoint: by `entries` at least, or when it was signed `seconds` ago and
 * more.
 */
export async function logsWithoutCheckpoint(
  db: Executor,
  { entries, seconds }: { entries: number; seconds: number },
): Promise<{ tenantId: string; position: number; hash: string }[]> {
  const { rows } = await db.execute<{ tenant_id: string; position: string; hash: string }>(sql`
    select h.tenant_id, h.position, h.hash from ${auditHead} h
    left join lateral (
      select c.position, c.signed_at from ${auditCheckpoint} c
      where c.tenant_id = h.tenant_id order by c.position desc limit 1
    ) last on true
    where h.position > coalesce(last.position, 0) and (
      h.position - coalesce(last.position, 0) >= ${entries}
      or coalesce(last.signed_at, 'epoch') <= now() - ${seconds} * interval '1 second'
    )`);
  return rows.map(({ tenant_id, position, hash }) => ({
    tenantId: tenant_id,
    position: Number(position),
    hash,
  }));
}

export async function insertCheckpoint(db: Executor, row: AuditCheckpointRow): Promise<void> {
  await db.insert(auditCheckpoint).values(row).onConflictDoNothing();
}

export const checkpointsBetween = (
  db: Executor,
  tenantId: string,
  { after, upTo }: { after: number; upTo: number },
): Promise<AuditCheckpointRow[]> =>
  db
    .select()
    .from(auditCheckpoint)
    .where(
      and(
        eq(auditCheckpoint.tenantId, tenantId),
        gt(auditCheckpoint.position, after),
        lte(auditCheckpoint.position, upTo),
      ),
    )
    .orderBy(asc(auditCheckpoint.position));

export async function lastCheckpoint(
  db: Executor,
  tenantId: string,
): Promise<AuditCheckpointRow | undefined> {
  const [row] = await db
    .select()
    .from(auditCheckpoint)
    .where(eq(auditCheckpoint.tenantId, tenantId))
    .orderBy(desc(auditCheckpoint.position))
    .limit(1);
  return row;
}

/** Of each tenant the newest checkpoint signed before `date`: what it covers has been kept that long. */
export const checkpointsBefore = (db: Executor, date: Date): Promise<AuditCheckpointRow[]> =>
  db
    .selectDistinctOn([auditCheckpoint.tenantId])
    .from(auditCheckpoint)
    .where(lt(auditCheckpoint.signedAt, date))
    .orderBy(auditCheckpoint.tenantId, desc(auditCheckpoint.position));

export async function findAuditStart(db: Executor, tenantId: string): Promise<AuditStartRow | undefined> {
  const [row] = await db.select().from(auditStart).where(eq(auditStart.tenantId, tenantId));
  return row;
}

/** Moves the start of a log, only ever forward. */
export async function moveAuditStart(db: Executor, row: AuditStartRow): Promise<void> {
  const { position, hash, jws } = row;
  await db
    .insert(auditStart)
    .values(row)
    .onConflictDoUpdate({
      target: auditStart.tenantId,
      set: { position, hash, jws },
      setWhere: lt(auditStart.position, position),
    });
}

/** Deletes entries up to a position, `limit` at most, and answers how many. */
export async function deleteAuditEntries(
  db: Executor,
  tenantId: string,
  upTo: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from ${auditEntry} where tenant_id = ${tenantId} and position in (
      select position from ${auditEntry} where tenant_id = ${tenantId} and position <= ${upTo}
      order by position limit ${limit}
    )`);
  return rowCount ?? 0;
}

export async function deleteCheckpointsBefore(
  db: Executor,
  tenantId: string,
  position: number,
): Promise<void> {
  await db
    .delete(auditCheckpoint)
    .where(and(eq(auditCheckpoint.tenantId, tenantId), lt(auditCheckpoint.position, position)));
}
