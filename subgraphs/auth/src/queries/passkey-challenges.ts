import type { Executor } from '@gatehouse/data';
import { lt, sql } from 'drizzle-orm';
import { passkeyChallenge } from '../tables/passkey-challenge.ts';
import { statement } from './statement.ts';

export async function insertPasskeyChallenge(
  db: Executor,
  row: Omit<typeof passkeyChallenge.$inferInsert, 'createdAt'>,
): Promise<void> {
  await db.insert(passkeyChallenge).values(row);
}

/** Uses a challenge up: of any number of parallel calls one gets a row. $1 tenant, $2 SHA-256, $3 what it is bound to. */
export const takePasskeyChallenge = statement<{ challenge_hash: string }>(
  'passkey_challenge_take',
  `delete from auth.passkey_challenge
   where tenant_id = $1::uuid and challenge_hash = $2 and bound_to = $3 and expires_at > now()
   returning challenge_hash`,
);

export async function deleteExpiredPasskeyChallenges(db: Executor): Promise<void> {
  await db.delete(passkeyChallenge).where(lt(passkeyChallenge.expiresAt, sql`now()`));
}
