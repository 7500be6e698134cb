import type { Executor } from '@gatehouse/data';
import { asc, eq, lte, sql } from 'drizzle-orm';
import { type MailRequest, mailRequest } from '../tables/mail-request.ts';

export async function insertMailRequest(
  db: Executor,
  row: Omit<MailRequest, 'attempts' | 'createdAt' | 'dueAt'>,
): Promise<void> {
  await db.insert(mailRequest).values(row);
}

/** Claims the request that is due first, for as long as the transaction lasts. */
export async function claimMailRequest(tx: Executor): Promise<MailRequest | undefined> {
  const [row] = await tx
    .select()
    .from(mailRequest)
    .where(lte(mailRequest.dueAt, sql`now()`))
    .orderBy(asc(mailRequest.dueAt))
    .limit(1)
    .for('update', { skipLocked: true });
  return row;
}

export async function deleteMailRequest(tx: Executor, id: string): Promise<void> {
  await tx.delete(mailRequest).where(eq(mailRequest.id, id));
}

/** Tries again after a pause that doubles, up to five minutes. */
export async function postponeMailRequest(db: Executor, id: string): Promise<void> {
  await db
    .update(mailRequest)
    .set({
      attempts: sql`${mailRequest.attempts} + 1`,
      dueAt: sql`now() + make_interval(secs => least(300, power(2, ${mailRequest.attempts})))`,
    })
    .where(eq(mailRequest.id, id));
}
