import type { Executor } from '@gatehouse/data';
import { and, eq, gt, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { ExternalIdentity } from '../federation/external-identity.ts';
import { type ExternalLogin, externalLogin, usedAssertion } from '../tables/external-login.ts';

export async function insertExternalLogin(
  db: Executor,
  row: Pick<
    ExternalLogin,
    'stateHash' | 'tenantId' | 'providerId' | 'browserHash' | 'codeChallenge' | 'interactionUid' | 'returnTo'
  >,
  seconds: number,
): Promise<void> {
  await db
    .insert(externalLogin)
    .values({ ...row, expiresAt: sql`now() + make_interval(secs => ${seconds})` });
}

/** Takes the one answer that a sign-in under way may have; undefined when it had one, or is none of this browser. */
export async function takeAnswer(
  db: Executor,
  of: Pick<ExternalLogin, 'stateHash' | 'tenantId' | 'providerId' | 'browserHash'>,
): Promise<ExternalLogin | undefined> {
  const [row] = await db
    .update(externalLogin)
    .set({ answeredAt: sql`now()` })
    .where(
      and(
        eq(externalLogin.stateHash, of.stateHash),
        eq(externalLogin.tenantId, of.tenantId),
        eq(externalLogin.providerId, of.providerId),
        eq(externalLogin.browserHash, of.browserHash),
        isNull(externalLogin.answeredAt),
        gt(externalLogin.expiresAt, sql`now()`),
      ),
    )
    .returning();
  return row;
}

/** Keeps the outcome for whoever brings the code. */
export async function putOutcome(
  db: Executor,
  stateHash: string,
  outcome: { codeHash: string; identity: ExternalIdentity },
  seconds: number,
): Promise<void> {
  const until = sql`now() + make_interval(secs => ${seconds})`;
  await db
    .update(externalLogin)
    .set({ ...outcome, codeExpiresAt: until, expiresAt: until })
    .where(eq(externalLogin.stateHash, stateHash));
}

type Outcome = { providerId: string; identity: ExternalIdentity };

/** Takes an outcome away: of many who bring the code one gets it, and only with what began the sign-in. */
export async function takeOutcome(
  db: Executor,
  of: { tenantId: string; codeHash: string } & ({ codeChallenge: string } | { interactionUid: string }),
): Promise<Outcome | undefined> {
  const bound: SQL =
    'codeChallenge' in of
      ? eq(externalLogin.codeChallenge, of.codeChallenge)
      : eq(externalLogin.interactionUid, of.interactionUid);
  const [row] = await db
    .delete(externalLogin)
    .where(
      and(
        eq(externalLogin.codeHash, of.codeHash),
        eq(externalLogin.tenantId, of.tenantId),
        bound,
        gt(externalLogin.codeExpiresAt, sql`now()`),
      ),
    )
    .returning();
  return row?.identity ? { providerId: row.providerId, identity: row.identity } : undefined;
}

/** Whether this assertion had not been used before. */
export async function useAssertion(db: Executor, row: typeof usedAssertion.$inferInsert): Promise<boolean> {
  const rows = await db.insert(usedAssertion).values(row).onConflictDoNothing().returning();
  return rows.length === 1;
}

export async function deleteExpiredExternalLogins(db: Executor): Promise<void> {
  await db.delete(externalLogin).where(lt(externalLogin.expiresAt, sql`now()`));
  await db.delete(usedAssertion).where(lt(usedAssertion.expiresAt, sql`now()`));
}
