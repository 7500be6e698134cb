import type { Executor } from '@gatehouse/data';
import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { type CodePurpose, type OneTimeCode, oneTimeCode } from '../tables/one-time-code.ts';

/** Stores a code in place of the older one of the same user and purpose; the same code again changes nothing. */
export async function putCode(
  tx: Executor,
  row: Pick<OneTimeCode, 'userId' | 'purpose' | 'tenantId' | 'codeHash' | 'expiresAt'>,
): Promise<void> {
  await tx
    .insert(oneTimeCode)
    .values(row)
    .onConflictDoUpdate({
      target: [oneTimeCode.userId, oneTimeCode.purpose],
      set: {
        codeHash: row.codeHash,
        expiresAt: row.expiresAt,
        createdAt: sql`now()`,
        consumedAt: null,
      },
      setWhere: sql`${oneTimeCode.codeHash} <> excluded.code_hash`,
    });
}

const usable = (purpose: CodePurpose, codeHash: string) =>
  and(
    eq(oneTimeCode.codeHash, codeHash),
    eq(oneTimeCode.purpose, purpose),
    isNull(oneTimeCode.consumedAt),
    gt(oneTimeCode.expiresAt, sql`now()`),
  );

export async function findCode(
  db: Executor,
  purpose: CodePurpose,
  codeHash: string,
): Promise<OneTimeCode | undefined> {
  const [row] = await db.select().from(oneTimeCode).where(usable(purpose, codeHash));
  return row;
}

/** Uses a code up: of any number of parallel calls exactly one answers true. */
export async function consumeCode(tx: Executor, purpose: CodePurpose, codeHash: string): Promise<boolean> {
  const rows = await tx
    .update(oneTimeCode)
    .set({ consumedAt: sql`now()` })
    .where(usable(purpose, codeHash))
    .returning({ userId: oneTimeCode.userId });
  return rows.length === 1;
}

export async function deleteCodesOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(oneTimeCode).where(eq(oneTimeCode.userId, userId));
}

export async function deleteExpiredCodes(db: Executor, before: Date): Promise<void> {
  await db.delete(oneTimeCode).where(lt(oneTimeCode.expiresAt, before));
}
