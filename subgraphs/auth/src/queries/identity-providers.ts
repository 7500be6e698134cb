import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, asc, count, eq, inArray, sql } from 'drizzle-orm';
import {
  type IdentityProvider,
  identityProvider,
  type ProviderHealthRow,
  providerHealth,
} from '../tables/identity-provider.ts';

const oneOf = (tenantId: string, id: string) =>
  and(eq(identityProvider.tenantId, tenantId), eq(identityProvider.id, id));

/** By name. */
export async function pageOfIdentityProviders(
  db: Reader,
  tenantId: string,
  page: Page<{ name: string; id: string }>,
): Promise<IdentityProvider[]> {
  const keys = keyset(page, [identityProvider.name, identityProvider.id], ({ name, id }) => [name, id]);
  return db
    .select()
    .from(identityProvider)
    .where(and(eq(identityProvider.tenantId, tenantId), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

export async function findIdentityProvider(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<IdentityProvider | undefined> {
  const [row] = await db.select().from(identityProvider).where(oneOf(tenantId, id));
  return row;
}

export const findIdentityProviders = (db: Executor, ids: readonly string[]): Promise<IdentityProvider[]> =>
  db
    .select()
    .from(identityProvider)
    .where(inArray(identityProvider.id, [...ids]));

/** Those that sign people in now, by name. */
export const enabledProviders = (db: Executor, tenantId: string): Promise<IdentityProvider[]> =>
  db
    .select()
    .from(identityProvider)
    .where(and(eq(identityProvider.tenantId, tenantId), eq(identityProvider.enabled, true)))
    .orderBy(asc(identityProvider.name), asc(identityProvider.id));

/** The one whose access tokens the tenant accepts under this issuer. */
export async function findTokenProvider(
  db: Executor,
  tenantId: string,
  issuer: string,
): Promise<IdentityProvider | undefined> {
  const [row] = await db
    .select()
    .from(identityProvider)
    .where(
      and(
        eq(identityProvider.tenantId, tenantId),
        eq(identityProvider.issuer, issuer),
        eq(identityProvider.enabled, true),
        eq(identityProvider.acceptTokens, true),
      ),
    )
    .orderBy(asc(identityProvider.id))
    .limit(1);
  return row;
}

export async function countIdentityProviders(db: Executor, tenantId: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(identityProvider)
    .where(eq(identityProvider.tenantId, tenantId));
  return row?.n ?? 0;
}

export async function insertIdentityProvider(
  tx: Executor,
  values: typeof identityProvider.$inferInsert,
): Promise<IdentityProvider> {
  const [row] = await tx.insert(identityProvider).values(values).returning();
  if (!row) throw new Error('the provider was not stored');
  await tx.insert(providerHealth).values({ providerId: row.id });
  return row;
}

export async function lockIdentityProvider(
  tx: Executor,
  tenantId: string,
  id: string,
): Promise<IdentityProvider | undefined> {
  const [row] = await tx.select().from(identityProvider).where(oneOf(tenantId, id)).for('update');
  return row;
}

export async function updateIdentityProviderRow(
  tx: Executor,
  { tenantId, id }: IdentityProvider,
  set: Partial<IdentityProvider>,
): Promise<IdentityProvider> {
  const [row] = await tx.update(identityProvider).set(set).where(oneOf(tenantId, id)).returning();
  if (!row) throw new Error('a locked provider is gone');
  return row;
}

export async function deleteIdentityProviderRow(
  tx: Executor,
  { tenantId, id }: IdentityProvider,
): Promise<void> {
  await tx.delete(identityProvider).where(oneOf(tenantId, id));
}

export async function findHealth(
  db: Executor,
  providerIds: readonly string[],
): Promise<Map<string, ProviderHealthRow>> {
  const rows = await db
    .select()
    .from(providerHealth)
    .where(inArray(providerHealth.providerId, [...providerIds]));
  return new Map(rows.map((row) => [row.providerId, row]));
}

export async function noteSuccess(db: Executor, providerId: string): Promise<void> {
  await db
    .update(providerHealth)
    .set({ lastSuccessAt: sql`now()`, successes: sql`${providerHealth.successes} + 1` })
    .where(eq(providerHealth.providerId, providerId));
}

export async function noteFailure(db: Executor, providerId: string, lastError: string): Promise<void> {
  await db
    .update(providerHealth)
    .set({ lastFailureAt: sql`now()`, lastError, failures: sql`${providerHealth.failures} + 1` })
    .where(eq(providerHealth.providerId, providerId));
}

/** How many providers of a kind are as well as `IdentityProvider.health` tells of each; enabled ones only. */
export async function providersByHealth(
  db: Executor,
): Promise<{ kind: string; health: string; providers: number }[]> {
  const { rows } = await db.execute<{ kind: string; health: string; providers: number }>(sql`
    select p.kind, count(*)::int as providers,
      case when coalesce(h.last_success_at, h.last_failure_at) is null then 'UNKNOWN'
        when h.last_failure_at > coalesce(h.last_success_at, '-infinity') then 'FAILING'
        else 'HEALTHY' end as health
    from ${identityProvider} p join ${providerHealth} h on h.provider_id = p.id
    where p.enabled group by 1, 3`);
  return rows;
}

/** Takes one provider that nobody has heard of for so many seconds, for this process to ask. */
export async function claimCheck(db: Executor, seconds: number): Promise<IdentityProvider | undefined> {
  const { rows } = await db.execute<{ provider_id: string }>(sql`
    update ${providerHealth} set checked_at = now() where provider_id = (
      select h.provider_id from ${providerHealth} h join ${identityProvider} p on p.id = h.provider_id
      where p.enabled and p.kind in ('OIDC', 'AUTH0', 'COGNITO', 'GOOGLE')
        and coalesce(greatest(h.checked_at, h.last_success_at, h.last_failure_at), '-infinity')
          < now() - make_interval(secs => ${seconds})
      limit 1 for update of h skip locked)
    returning provider_id`);
  const [claimed] = rows;
  if (!claimed) return undefined;
  const [row] = await findIdentityProviders(db, [claimed.provider_id]);
  return row;
}
