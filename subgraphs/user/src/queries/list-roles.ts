import { keyset, type Page, type Reader } from '@gatehouse/data';
import { and, eq } from 'drizzle-orm';
import { type RoleRow, roles } from '../tables/index.ts';

/** One row more than the page, if there is one; by name, which is unique in a tenant. */
export async function findRoles(db: Reader, tenantId: string, page: Page<string>): Promise<RoleRow[]> {
  const { where, orderBy, limit } = keyset(page, [roles.name], (name) => [name]);
  return await db
    .select()
    .from(roles)
    .where(and(eq(roles.tenantId, tenantId), where))
    .orderBy(...orderBy)
    .limit(limit);
}
