import type { Executor } from '@gatehouse/data';
import { and, eq, gt, lt, sql } from 'drizzle-orm';
import { type EmailChange, emailChange } from '../tables/email-change.ts';
import { statement } from './statement.ts';

/** Keeps the address that somebody wants, in place of an older one. */
export async function putEmailChange(tx: Executor, row: EmailChange): Promise<void> {
  const { userId: _, ...set } = row;
  await tx.insert(emailChange).values(row).onConflictDoUpdate({ target: emailChange.userId, set });
}

/** What somebody asked for with this request, unless something newer took its place. */
export async function findEmailChange(
  db: Executor,
  { userId, requestId }: Pick<EmailChange, 'userId' | 'requestId'>,
): Promise<EmailChange | undefined> {
  const [row] = await db
    .select()
    .from(emailChange)
    .where(
      and(
        eq(emailChange.userId, userId),
        eq(emailChange.requestId, requestId),
        gt(emailChange.expiresAt, sql`now()`),
      ),
    );
  return row;
}

/** Uses a code up: of parallel calls one gets the address. $1 tenant, $2 user, $3 SHA-256 of the code. */
export const useEmailChange = statement<{ email: string }>(
  'email_change_use',
  `delete from auth.email_change
   where tenant_id = $1::uuid and user_id = $2::uuid and code_hash = $3 and expires_at > now() returning email`,
);

export async function deleteEmailChangeOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(emailChange).where(eq(emailChange.userId, userId));
}

export async function deleteExpiredEmailChanges(db: Executor): Promise<void> {
  await db.delete(emailChange).where(lt(emailChange.expiresAt, sql`now()`));
}
