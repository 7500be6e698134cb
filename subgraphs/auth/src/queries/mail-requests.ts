import type { Executor } from '@gatehouse/data';
import { asc, eq, lte, sql } from 'drizzle-orm';
import { type MailRequest, mailRequest } from '../tables/mail-request.ts';

export async function insertMailRequest(
  db: Executor,
  row: Omit<MailRequest, 'attempts' | 'createdAt' | 'dueAt'>,
): Promise<void> {
  await db.insert(mailRequest).values(row);
}

/**
 * Claims the request that is due first: it is due again after a pause that doubles, up to five minutes, unless it is
 * deleted before.
 */
export async function claimMailRequest(db: Executor): Promise<MailRequest | undefined> {
  const due = db
    .select({ id: mailRequest.id })
    .from(mailRequest)
    .where(lte(mailRequest.dueAt, sql`now()`))
    .orderBy(asc(mailRequest.dueAt))
    .limit(1)
    .for('update', { skipLocked: true });
  const [row] = await db
    .update(mailRequest)
    .set({
      attempts: sql`${mailRequest.attempts} + 1`,
      dueAt: sql`now() + make_interval(secs => least(300, power(2, ${mailRequest.attempts})))`,
    })
    .where(eq(mailRequest.id, sql`(${due})`))
    .returning();
  return row;
}

/** Whether it was still there. */
export async function deleteMailRequest(tx: Executor, id: string): Promise<boolean> {
  const rows = await tx.delete(mailRequest).where(eq(mailRequest.id, id)).returning({ id: mailRequest.id });
  return rows.length === 1;
}
