import type { Executor } from '@gatehouse/data';
import { and, asc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import { document } from '../tables/document.ts';

type Reservation = { tenantId: string; holderId: string; forUserId: string; seconds: number };

/** Sets those of the documents aside that may be; answers how many. */
export async function reserve(tx: Executor, ids: readonly string[], wanted: Reservation): Promise<number> {
  const { tenantId, holderId, forUserId, seconds } = wanted;
  // Locked in one order, so that overlapping reservations wait for each other instead of blocking each other.
  const free = tx
    .select({ id: document.id })
    .from(document)
    .where(
      and(
        inArray(document.id, [...ids]),
        eq(document.tenantId, tenantId),
        eq(document.ownerId, holderId),
        eq(document.status, 'stored'),
        or(
          isNull(document.reservedFor),
          eq(document.reservedFor, forUserId),
          lt(document.reservedUntil, sql`clock_timestamp()`),
        ),
      ),
    )
    .orderBy(asc(document.id))
    .for('update');
  const { rowCount } = await tx
    .update(document)
    .set({
      reservedFor: forUserId,
      reservedUntil: sql`clock_timestamp() + make_interval(secs => ${seconds})`,
    })
    .where(inArray(document.id, free));
  return rowCount ?? 0;
}

const none = { reservedFor: null, reservedUntil: null };

export async function release(db: Executor, forUserId: string): Promise<void> {
  await db.update(document).set(none).where(eq(document.reservedFor, forUserId));
}

/** Gives a new user the documents set aside for them; answers how many. A reservation that lapsed but was not taken counts. */
export async function giveReserved(
  db: Executor,
  ids: readonly string[],
  to: { tenantId: string; userId: string },
): Promise<number> {
  const { rowCount } = await db
    .update(document)
    .set({ ownerId: to.userId, ...none })
    .where(
      and(
        inArray(document.id, [...ids]),
        eq(document.tenantId, to.tenantId),
        eq(document.reservedFor, to.userId),
      ),
    );
  return rowCount ?? 0;
}
