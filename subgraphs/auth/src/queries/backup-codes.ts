import type { Executor } from '@gatehouse/data';
import { and, count, eq, isNull } from 'drizzle-orm';
import { backupCode } from '../tables/backup-code.ts';
import { statement } from './statement.ts';

type Owner = { tenantId: string; userId: string };

/** Stores codes in place of all that the account had. */
export async function replaceBackupCodes(
  tx: Executor,
  { tenantId, userId }: Owner,
  hashes: readonly string[],
): Promise<void> {
  await deleteBackupCodesOf(tx, userId);
  await tx.insert(backupCode).values(hashes.map((codeHash) => ({ tenantId, userId, codeHash })));
}

/** Uses a code up: of any number of parallel calls one gets a row. $1 tenant, $2 user, $3 HMAC of the code. */
export const useBackupCode = statement<{ user_id: string }>(
  'backup_code_use',
  `update auth.backup_code set consumed_at = now()
   where tenant_id = $1::uuid and user_id = $2::uuid and code_hash = $3 and consumed_at is null returning user_id`,
);

/** How many are not used yet. */
export async function countBackupCodes(db: Executor, { tenantId, userId }: Owner): Promise<number> {
  const [row] = await db
    .select({ left: count() })
    .from(backupCode)
    .where(
      and(eq(backupCode.tenantId, tenantId), eq(backupCode.userId, userId), isNull(backupCode.consumedAt)),
    );
  return row?.left ?? 0;
}

export async function deleteBackupCodesOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(backupCode).where(eq(backupCode.userId, userId));
}
