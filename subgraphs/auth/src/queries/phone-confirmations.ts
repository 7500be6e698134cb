import type { Executor } from '@gatehouse/data';
import { eq, lt, sql } from 'drizzle-orm';
import { phoneConfirmation } from '../tables/phone-confirmation.ts';
import { statement } from './statement.ts';

/** Keeps a number and its code, in place of an older one. */
export async function putPhoneConfirmation(
  db: Executor,
  row: typeof phoneConfirmation.$inferInsert,
): Promise<void> {
  const { userId: _, ...set } = row;
  await db
    .insert(phoneConfirmation)
    .values(row)
    .onConflictDoUpdate({ target: phoneConfirmation.userId, set });
}

/** Uses a code up: of parallel calls one gets the number. $1 tenant, $2 user, $3 HMAC of the code. */
export const usePhoneConfirmation = statement<{ phone_number: string }>(
  'phone_confirmation_use',
  `delete from auth.phone_confirmation
   where tenant_id = $1::uuid and user_id = $2::uuid and code_hash = $3 and expires_at > now() returning phone_number`,
);

export async function deletePhoneConfirmationOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(phoneConfirmation).where(eq(phoneConfirmation.userId, userId));
}

export async function deleteExpiredPhoneConfirmations(db: Executor): Promise<void> {
  await db.delete(phoneConfirmation).where(lt(phoneConfirmation.expiresAt, sql`now()`));
}
