import type { Executor } from '@gatehouse/data';
import { and, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { type RememberedDevice, rememberedDevice } from '../tables/remembered-device.ts';
import { statement } from './statement.ts';

type Owner = { tenantId: string; userId: string };

const of = ({ tenantId, userId }: Owner) =>
  and(eq(rememberedDevice.tenantId, tenantId), eq(rememberedDevice.userId, userId));

export async function insertDevice(
  tx: Executor,
  row: Omit<RememberedDevice, 'createdAt' | 'lastUsedAt' | 'name'>,
): Promise<void> {
  await tx.insert(rememberedDevice).values(row);
}

/** Notes that a device was shown; no row when it is not this account's or its time is over. $1 tenant, $2 user, $3 hash. */
export const useDevice = statement<{ id: string }>(
  'device_use',
  `update auth.remembered_device set last_used_at = now()
   where tenant_id = $1::uuid and user_id = $2::uuid and token_hash = $3 and expires_at > now() returning id`,
);

/** The newest first. */
export async function findDevices(db: Executor, owner: Owner): Promise<RememberedDevice[]> {
  return db
    .select()
    .from(rememberedDevice)
    .where(and(of(owner), gt(rememberedDevice.expiresAt, sql`now()`)))
    .orderBy(desc(rememberedDevice.id));
}

/** Names a device of the owner; undefined when there is none. */
export async function nameDevice(
  db: Executor,
  owner: Owner,
  { id, name }: { id: string; name: string | null },
): Promise<RememberedDevice | undefined> {
  const [row] = await db
    .update(rememberedDevice)
    .set({ name })
    .where(and(of(owner), eq(rememberedDevice.id, id), gt(rememberedDevice.expiresAt, sql`now()`)))
    .returning();
  return row;
}

/** Whether it was there. */
export async function deleteDevice(tx: Executor, owner: Owner, id: string): Promise<boolean> {
  const rows = await tx
    .delete(rememberedDevice)
    .where(and(of(owner), eq(rememberedDevice.id, id)))
    .returning({ id: rememberedDevice.id });
  return rows.length === 1;
}

export async function deleteDevicesOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(rememberedDevice).where(eq(rememberedDevice.userId, userId));
}

export async function deleteExpiredDevices(db: Executor): Promise<void> {
  await db.delete(rememberedDevice).where(lt(rememberedDevice.expiresAt, sql`now()`));
}
