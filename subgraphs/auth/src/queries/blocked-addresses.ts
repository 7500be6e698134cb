import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, asc, count, eq, gt, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { type BlockedAddress, blockedAddress } from '../tables/blocked-address.ts';
import { statement } from './statement.ts';

const inForce = or(isNull(blockedAddress.expiresAt), gt(blockedAddress.expiresAt, sql`now()`));

/** Those of a tenant, and with `everywhere` those that hold at every tenant. */
const of = ({ tenantId, everywhere }: { tenantId: string; everywhere: boolean }): SQL | undefined =>
  everywhere
    ? or(eq(blockedAddress.tenantId, tenantId), isNull(blockedAddress.tenantId))
    : eq(blockedAddress.tenantId, tenantId);

/** Blocks in force, newest first. */
export async function pageOfBlockedAddresses(
  db: Reader,
  selection: { tenantId: string; everywhere: boolean; automatic?: boolean | undefined },
  page: Page<string>,
): Promise<BlockedAddress[]> {
  const keys = keyset(page, [blockedAddress.id], (id) => [id], 'desc');
  const { automatic } = selection;
  return db
    .select()
    .from(blockedAddress)
    .where(
      and(
        of(selection),
        inForce,
        automatic === undefined ? undefined : eq(blockedAddress.automatic, automatic),
        keys.where,
      ),
    )
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

/** Blocks in force of all tenants after an id, in the order of the ids. */
export async function blockedAddressesAfter(
  db: Executor,
  after: string | undefined,
  limit: number,
): Promise<BlockedAddress[]> {
  return db
    .select()
    .from(blockedAddress)
    .where(and(inForce, after === undefined ? undefined : gt(blockedAddress.id, after)))
    .orderBy(asc(blockedAddress.id))
    .limit(limit);
}

/** Blocks in force of a tenant. Until the transaction ends, nobody else counts them. */
export async function countBlockedAddresses(tx: Executor, tenantId: string | null): Promise<number> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`blocked addresses ${tenantId ?? ''}`}, 0))`,
  );
  const whose = tenantId === null ? isNull(blockedAddress.tenantId) : eq(blockedAddress.tenantId, tenantId);
  const [row] = await tx.select({ n: count() }).from(blockedAddress).where(and(whose, inForce));
  return row?.n ?? 0;
}

/** Sets a block, in place of one of the same range. */
export async function putBlockedAddress(
  tx: Executor,
  row: Omit<BlockedAddress, 'createdAt'>,
): Promise<BlockedAddress> {
  const { reason, automatic, createdBy, expiresAt } = row;
  const [stored] = await tx
    .insert(blockedAddress)
    .values(row)
    .onConflictDoUpdate({
      target: [blockedAddress.tenantId, blockedAddress.range],
      set: { reason, automatic, createdBy, expiresAt, createdAt: sql`now()` },
    })
    .returning();
  if (!stored) throw new Error('the block was not stored');
  return stored;
}

/**
 * Blocks a network because of what came from it; a block in force that lasts longer, or was made by hand, stays. $1 id,
 * $2 tenant, $3 range, $4 reason, $5 seconds.
 */
export const putAutomaticBlock = statement<{ id: string; expires_at: string }>(
  'blocked_address_automatic',
  `insert into auth.blocked_address as b (id, tenant_id, range, reason, automatic, expires_at)
   values ($1::uuid, $2::uuid, $3, $4, true, now() + make_interval(secs => $5::float8))
   on conflict (tenant_id, range) do update set reason = excluded.reason, automatic = true, created_by = null,
     created_at = now(), expires_at = excluded.expires_at
   where b.expires_at <= now() or (b.automatic and b.expires_at < excluded.expires_at)
   returning id, to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as expires_at`,
);

/** The block that was taken away; undefined when there was none. */
export async function deleteBlockedAddress(
  tx: Executor,
  selection: { tenantId: string; everywhere: boolean },
  id: string,
): Promise<BlockedAddress | undefined> {
  const [row] = await tx
    .delete(blockedAddress)
    .where(and(of(selection), eq(blockedAddress.id, id), inForce))
    .returning();
  return row;
}

export async function deleteExpiredBlocks(db: Executor): Promise<void> {
  await db.delete(blockedAddress).where(lt(blockedAddress.expiresAt, sql`now()`));
}
