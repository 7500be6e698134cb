import { type Executor, keyset, type Page } from '@gatehouse/data';
import {
  and,
  asc,
  count,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  max,
  type SQL,
  sql,
} from 'drizzle-orm';
import {
  type NewSecurityEventRow,
  type SecurityEventRow,
  securityEvent,
  securityEventPosition,
} from '../tables/security-event.ts';

/** What a viewer may see and asked to see. */
export type SecurityEventSelection = {
  tenantId: string;
  /** The only user whose events may be seen; everybody's without one. */
  visibleTo?: string | undefined;
  /** Only events about this user. */
  userId?: string | undefined;
  types?: readonly string[] | undefined;
  severities?: readonly string[] | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  acknowledged?: boolean | undefined;
};

/** Gives out `count` positions and answers the last of them. The counter stays locked until the transaction ends. */
export async function takePositions(tx: Executor, tenantId: string, count: number): Promise<number> {
  const [row] = await tx
    .insert(securityEventPosition)
    .values({ tenantId, last: count })
    .onConflictDoUpdate({
      target: securityEventPosition.tenantId,
      set: { last: sql`${securityEventPosition.last} + ${count}` },
    })
    .returning({ last: securityEventPosition.last });
  return row?.last ?? count;
}

export async function insertSecurityEvents(tx: Executor, rows: NewSecurityEventRow[]): Promise<void> {
  await tx.insert(securityEvent).values(rows);
}

const where = (selection: SecurityEventSelection): SQL | undefined =>
  and(
    eq(securityEvent.tenantId, selection.tenantId),
    selection.visibleTo ? eq(securityEvent.userId, selection.visibleTo) : undefined,
    selection.userId ? eq(securityEvent.userId, selection.userId) : undefined,
    selection.types ? inArray(securityEvent.type, [...selection.types]) : undefined,
    selection.severities ? inArray(securityEvent.severity, [...selection.severities]) : undefined,
    selection.since ? gte(securityEvent.occurredAt, selection.since) : undefined,
    selection.until ? lte(securityEvent.occurredAt, selection.until) : undefined,
    selection.acknowledged === undefined
      ? undefined
      : (selection.acknowledged ? isNotNull : isNull)(securityEvent.acknowledgedAt),
  );

/** Newest first. */
export async function pageOfSecurityEvents(
  db: Executor,
  selection: SecurityEventSelection,
  page: Page<number>,
): Promise<SecurityEventRow[]> {
  const keys = keyset(page, [securityEvent.position], (position) => [position], 'desc');
  return db
    .select()
    .from(securityEvent)
    .where(and(where(selection), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

/** Oldest first, after a position. */
export const securityEventsAfter = (
  db: Executor,
  selection: SecurityEventSelection,
  position: number,
  limit: number,
): Promise<SecurityEventRow[]> =>
  db
    .select()
    .from(securityEvent)
    .where(and(where(selection), gt(securityEvent.position, position)))
    .orderBy(asc(securityEvent.position))
    .limit(limit);

export async function findSecurityEvents(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<SecurityEventRow[]> {
  return db
    .select()
    .from(securityEvent)
    .where(and(eq(securityEvent.tenantId, tenantId), inArray(securityEvent.id, [...ids])));
}

/** How many events of a selection there are up to a position, counted no further than `limit`. */
export async function countSecurityEvents(
  db: Executor,
  selection: SecurityEventSelection,
  upTo: number,
  limit: number,
): Promise<number> {
  const found = db
    .select({ position: securityEvent.position })
    .from(securityEvent)
    .where(and(where(selection), lte(securityEvent.position, upTo)))
    .limit(limit)
    .as('found');
  const [row] = await db.select({ n: count() }).from(found);
  return row?.n ?? 0;
}

/** Notes who has seen to an event; undefined when it was noted before, or there is none. */
export async function acknowledge(
  tx: Executor,
  { tenantId, id, by }: { tenantId: string; id: string; by: string },
): Promise<SecurityEventRow | undefined> {
  const [row] = await tx
    .update(securityEvent)
    .set({ acknowledgedAt: new Date(), acknowledgedBy: by })
    .where(
      and(
        eq(securityEvent.tenantId, tenantId),
        eq(securityEvent.id, id),
        isNull(securityEvent.acknowledgedAt),
      ),
    )
    .returning();
  return row;
}

/** The position of the newest event of a tenant; 0 without one. */
export async function lastPosition(db: Executor, tenantId: string): Promise<number> {
  const [row] = await db
    .select({ last: max(securityEvent.position) })
    .from(securityEvent)
    .where(eq(securityEvent.tenantId, tenantId));
  return row?.last ?? 0;
}

export async function deleteSecurityEventsBefore(db: Executor, date: Date): Promise<void> {
  await db.delete(securityEvent).where(lt(securityEvent.occurredAt, date));
}
