import type { Executor } from '@gatehouse/data';
import { and, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { type ChallengePurpose, type MfaChallengeRow, mfaChallenge } from '../tables/mfa-challenge.ts';
import { statement } from './statement.ts';

export async function insertChallenge(
  tx: Executor,
  row: Pick<
    MfaChallengeRow,
    | 'idHash'
    | 'tenantId'
    | 'userId'
    | 'purpose'
    | 'mailed'
    | 'risk'
    | 'external'
    | 'interactionId'
    | 'amr'
    | 'expiresAt'
  >,
): Promise<void> {
  await tx.insert(mfaChallenge).values(row);
}

const waits = () => and(isNull(mfaChallenge.consumedAt), gt(mfaChallenge.expiresAt, sql`now()`));

/** A challenge that still waits. */
export async function findChallenge(
  db: Executor,
  tenantId: string,
  idHash: string,
  purpose: ChallengePurpose,
): Promise<MfaChallengeRow | undefined> {
  const [row] = await db
    .select()
    .from(mfaChallenge)
    .where(
      and(
        eq(mfaChallenge.tenantId, tenantId),
        eq(mfaChallenge.idHash, idHash),
        eq(mfaChallenge.purpose, purpose),
        waits(),
      ),
    );
  return row;
}

/** The one that an interaction waits for. */
export async function findChallengeOfInteraction(
  db: Executor,
  tenantId: string,
  interactionId: string,
): Promise<MfaChallengeRow | undefined> {
  const [row] = await db
    .select()
    .from(mfaChallenge)
    .where(and(eq(mfaChallenge.tenantId, tenantId), eq(mfaChallenge.interactionId, interactionId), waits()))
    .orderBy(desc(mfaChallenge.createdAt))
    .limit(1);
  return row;
}

/**
 * Takes one of the attempts of a challenge and holds its row: parallel ones wait for the outcome, and get no row when it
 * was used up. $1 tenant, $2 hash of the id, $3 attempts it has, $4 purpose.
 */
export const takeChallengeAttempt = statement<{ amr: string[] }>(
  'mfa_challenge_attempt',
  `update auth.mfa_challenge set attempts = attempts + 1
   where tenant_id = $1::uuid and id_hash = $2 and consumed_at is null and expires_at > now() and attempts < $3::int
     and purpose = $4
   returning amr`,
);

/** $1 hash of the id. */
export const consumeChallenge = statement<{ id_hash: string }>(
  'mfa_challenge_consume',
  `update auth.mfa_challenge set consumed_at = now(), code_hash = null
   where id_hash = $1 and consumed_at is null returning id_hash`,
);

/** The code sent for a challenge, in place of an older one. $1 hash of the id, $2 HMAC, $3 seconds, $4 codes it may have. */
export const putChallengeCode = statement<{ codes_sent: number }>(
  'mfa_challenge_put_code',
  `update auth.mfa_challenge set code_hash = $2, codes_sent = codes_sent + 1,
     code_expires_at = least(expires_at, now() + make_interval(secs => $3::float8))
   where id_hash = $1 and consumed_at is null and expires_at > now() and codes_sent < $4::int returning codes_sent`,
);

/** Uses that code up. $1 hash of the id, $2 HMAC. */
export const useChallengeCode = statement<{ id_hash: string }>(
  'mfa_challenge_use_code',
  `update auth.mfa_challenge set code_hash = null
   where id_hash = $1 and code_hash = $2 and code_expires_at > now() returning id_hash`,
);

/** Whoever signs in again at an interaction begins anew. */
export async function deleteChallengesOfInteraction(tx: Executor, interactionId: string): Promise<void> {
  await tx.delete(mfaChallenge).where(eq(mfaChallenge.interactionId, interactionId));
}

/** Sign-ins of an account that wait for a second factor come to nothing. */
export async function deleteChallengesOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(mfaChallenge).where(eq(mfaChallenge.userId, userId));
}

export async function deleteExpiredChallenges(db: Executor): Promise<void> {
  await db.delete(mfaChallenge).where(lt(mfaChallenge.expiresAt, sql`now()`));
}
