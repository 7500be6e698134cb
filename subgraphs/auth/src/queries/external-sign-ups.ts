import type { Executor } from '@gatehouse/data';
import { and, eq, gt, isNotNull, lt, sql } from 'drizzle-orm';
import { type ExternalSignUp, externalSignUp } from '../tables/external-sign-up.ts';

/** How a sign-up is found: by the id that its beginner holds, or by the interaction that its browser is in. */
export type SignUpKey = { tenantId: string } & ({ idHash: string } | { interactionUid: string });

const open = (key: SignUpKey) =>
  and(
    eq(externalSignUp.tenantId, key.tenantId),
    'idHash' in key
      ? and(eq(externalSignUp.idHash, key.idHash), sql`${externalSignUp.interactionUid} is null`)
      : eq(externalSignUp.interactionUid, key.interactionUid),
    gt(externalSignUp.expiresAt, sql`now()`),
  );

/** Keeps it, in place of an older one of the same interaction. */
export async function insertSignUp(
  db: Executor,
  row: Pick<
    ExternalSignUp,
    'idHash' | 'tenantId' | 'providerId' | 'interactionUid' | 'identity' | 'expiresAt'
  >,
): Promise<void> {
  await db
    .insert(externalSignUp)
    .values(row)
    .onConflictDoUpdate({
      target: externalSignUp.interactionUid,
      set: { ...row, email: null, requestId: null, attempts: 0 },
    });
}

export async function findSignUp(db: Executor, key: SignUpKey): Promise<ExternalSignUp | undefined> {
  const [row] = await db.select().from(externalSignUp).where(open(key));
  return row;
}

/** What was asked for with this request, unless something newer took its place. */
export async function findSignUpRequest(
  db: Executor,
  requestId: string,
): Promise<ExternalSignUp | undefined> {
  const [row] = await db
    .select()
    .from(externalSignUp)
    .where(and(eq(externalSignUp.requestId, requestId), gt(externalSignUp.expiresAt, sql`now()`)));
  return row;
}

/** Keeps the address that a code goes to; false when the sign-up is over. */
export async function putSignUpEmail(
  tx: Executor,
  key: SignUpKey,
  set: { email: string; requestId: string },
): Promise<boolean> {
  const rows = await tx.update(externalSignUp).set(set).where(open(key)).returning();
  return rows.length === 1;
}

/** Counts a try before its code is looked at; undefined when there were `most`, or no code was asked for. */
export async function countSignUpAttempt(
  db: Executor,
  key: SignUpKey,
  most: number,
): Promise<ExternalSignUp | undefined> {
  const [row] = await db
    .update(externalSignUp)
    .set({ attempts: sql`${externalSignUp.attempts} + 1` })
    .where(and(open(key), isNotNull(externalSignUp.requestId), lt(externalSignUp.attempts, most)))
    .returning();
  return row;
}

/** Takes it away: of many who bring the right code one gets it. */
export async function takeSignUp(
  db: Executor,
  key: SignUpKey,
  requestId: string,
): Promise<ExternalSignUp | undefined> {
  const [row] = await db
    .delete(externalSignUp)
    .where(and(open(key), eq(externalSignUp.requestId, requestId)))
    .returning();
  return row;
}

export async function deleteSignUpOfInteraction(db: Executor, interactionUid: string): Promise<void> {
  await db.delete(externalSignUp).where(eq(externalSignUp.interactionUid, interactionUid));
}

export async function deleteExpiredSignUps(db: Executor): Promise<void> {
  await db.delete(externalSignUp).where(lt(externalSignUp.expiresAt, sql`now()`));
}
