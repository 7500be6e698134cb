import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, count, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { type ApiKey, apiKey, apiKeySecret } from '../tables/api-key.ts';
import { statement } from './statement.ts';

/** Whom a key acts as. */
export type KeyOwner = { userId: string; clientId: null } | { userId: null; clientId: string };

const ownedBy = ({ userId, clientId }: KeyOwner) =>
  userId !== null ? eq(apiKey.userId, userId) : eq(apiKey.clientId, clientId);

/** Keys that are not revoked, newest first: of the tenant, or of one person. */
export async function pageOfApiKeys(
  db: Reader,
  selection: { tenantId: string; userId?: string },
  page: Page<string>,
): Promise<ApiKey[]> {
  const keys = keyset(page, [apiKey.id], (id) => [id], 'desc');
  return db
    .select()
    .from(apiKey)
    .where(
      and(
        eq(apiKey.tenantId, selection.tenantId),
        selection.userId ? eq(apiKey.userId, selection.userId) : undefined,
        isNull(apiKey.revokedAt),
        keys.where,
      ),
    )
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

/** A key that is not revoked. */
export async function findApiKey(db: Executor, tenantId: string, id: string): Promise<ApiKey | undefined> {
  const [row] = await db
    .select()
    .from(apiKey)
    .where(and(eq(apiKey.tenantId, tenantId), eq(apiKey.id, id), isNull(apiKey.revokedAt)));
  return row;
}

/** Whose a key is, revoked ones included. */
export async function findApiKeyOwner(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<Pick<ApiKey, 'name' | 'userId'> | undefined> {
  const [row] = await db
    .select({ name: apiKey.name, userId: apiKey.userId })
    .from(apiKey)
    .where(and(eq(apiKey.tenantId, tenantId), eq(apiKey.id, id)));
  return row;
}

/** How many keys of an owner may be in use. Until the transaction ends, nobody else counts them. */
export async function countApiKeys(tx: Executor, owner: KeyOwner): Promise<number> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${owner.userId ?? owner.clientId}, 0))`);
  const [row] = await tx
    .select({ keys: count() })
    .from(apiKey)
    .where(and(ownedBy(owner), isNull(apiKey.revokedAt), gt(apiKey.expiresAt, sql`now()`)));
  return row?.keys ?? 0;
}

export async function insertApiKey(
  tx: Executor,
  values: typeof apiKey.$inferInsert & { hash: string },
): Promise<ApiKey> {
  const { hash, ...key } = values;
  const [row] = await tx.insert(apiKey).values(key).returning();
  if (!row) throw new Error('the key was not stored');
  await tx.insert(apiKeySecret).values({ hash, apiKeyId: row.id });
  return row;
}

/**
 * Gives a key another secret; those before it end after the grace, if they do not end earlier. Undefined when the key was
 * revoked or is over. Parallel calls are put in line by the row.
 */
export async function replaceSecret(
  tx: Executor,
  values: { id: string; start: string; hash: string; graceSeconds: number },
): Promise<ApiKey | undefined> {
  const { id, start, hash, graceSeconds } = values;
  const [row] = await tx
    .update(apiKey)
    .set({ start })
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt), gt(apiKey.expiresAt, sql`now()`)))
    .returning();
  if (!row) return undefined;
  const end = sql`clock_timestamp() + make_interval(secs => ${graceSeconds})`;
  await tx
    .update(apiKeySecret)
    .set({ expiresAt: end })
    .where(
      and(eq(apiKeySecret.apiKeyId, id), or(isNull(apiKeySecret.expiresAt), gt(apiKeySecret.expiresAt, end))),
    );
  await tx.insert(apiKeySecret).values({ hash, apiKeyId: id });
  return row;
}

/** Undefined when it was revoked before. */
export async function markApiKeyRevoked(tx: Executor, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx
    .update(apiKey)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
    .returning();
  return row;
}

/** Every key that acts as this person or client. */
export async function markApiKeysRevoked(tx: Executor, owner: KeyOwner): Promise<void> {
  await tx
    .update(apiKey)
    .set({ revokedAt: sql`now()` })
    .where(and(ownedBy(owner), isNull(apiKey.revokedAt)));
}

type Found = {
  id: string;
  tenant_id: string;
  user_id: string | null;
  client_id: string | null;
  scopes: string[];
  allowed_addresses: string[];
  expires_at: number;
  expired: boolean;
  revoked: boolean;
};

/** A key by one of its secrets, whether or not it still stands. $1 hash. */
export const findApiKeyByHash = statement<Found>(
  'api_key_by_hash',
  `select k.id, k.tenant_id, k.user_id, k.client_id, k.scopes, k.allowed_addresses,
     floor(extract(epoch from least(k.expires_at, s.expires_at)))::float8 as expires_at,
     least(k.expires_at, s.expires_at) <= clock_timestamp() as expired, k.revoked_at is not null as revoked
   from auth.api_key_secret s join auth.api_key k on k.id = s.api_key_id where s.hash = $1`,
);

/** $1 ids, $2 times in milliseconds since 1970, $3 addresses. */
export const recordUses = statement(
  'api_key_uses',
  `update auth.api_key k set last_used_at = to_timestamp(u.at / 1000), last_used_from = u.address
   from unnest($1::uuid[], $2::float8[], $3::text[]) as u (id, at, address)
   where k.id = u.id and (k.last_used_at is null or k.last_used_at < to_timestamp(u.at / 1000) - interval '59 seconds')`,
);

/** A batch of keys that were over or revoked a month ago, with their secrets. $1 how many. */
export const deleteOldApiKeys = statement<{ id: string }>(
  'api_key_delete_old',
  `delete from auth.api_key where ctid = any(array(select ctid from auth.api_key
     where least(expires_at, revoked_at) < now() - interval '30 days' limit $1 for update skip locked)) returning id`,
);
