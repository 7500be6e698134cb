import { keyset, type Page, type Reader } from '@gatehouse/data';
import { and, eq, exists, ilike, inArray, isNull, like, or, sql } from 'drizzle-orm';
import { type TenantRow, type TenantStatus, tenantDomains, tenants } from '../tables/index.ts';

/** One row more than the page, if there is one; by slug. `text` begins a slug, a host, or a word of the name. */
export async function findTenants(
  db: Reader,
  { statuses, text }: { statuses: readonly TenantStatus[]; text: string | null },
  page: Page<string>,
): Promise<TenantRow[]> {
  const { where, orderBy, limit } = keyset(page, [tenants.slug], (slug) => [slug]);
  const escaped = text?.replaceAll(/[\\%_]/g, '\\$&') ?? '';
  const start = `${escaped.toLowerCase()}%`;
  const found = or(
    like(tenants.slug, start),
    ilike(tenants.name, `${escaped}%`),
    ilike(tenants.name, `% ${escaped}%`),
    exists(
      db
        .select({ one: sql`1` })
        .from(tenantDomains)
        .where(and(eq(tenantDomains.tenantId, tenants.id), like(tenantDomains.host, start))),
    ),
  );
  return await db
    .select()
    .from(tenants)
    .where(
      and(isNull(tenants.erasedAt), inArray(tenants.status, [...statuses]), text ? found : undefined, where),
    )
    .orderBy(...orderBy)
    .limit(limit);
}
