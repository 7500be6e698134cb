import { type Connection, connectionOf, type PageArguments, pageOf } from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { textField } from './fields.ts';
import { requireInstallation } from './installation.ts';
import { findTenants } from './queries/list-tenants.ts';
import { type TenantRow, tenantStatuses } from './tables/index.ts';

const filterShape = z
  .object({
    status: z.array(z.enum(tenantStatuses)).max(tenantStatuses.length, 'are too many').nullish(),
    text: textField(200).nullish(),
  })
  .nullish();

/** A page of the tenants of the installation, by slug. FORBIDDEN in any tenant but the default one; BAD_USER_INPUT. */
export async function listTenants(
  deps: Pick<UserDeps, 'database'>,
  principal: Principal,
  args: PageArguments & { filter?: unknown },
): Promise<Connection<TenantRow>> {
  await requireInstallation(deps.database.db, principal);
  const page = pageOf(args, z.string().max(63));
  const { status, text } = readInput(filterShape, args.filter) ?? {};
  const statuses = status?.length ? status : tenantStatuses.filter((one) => one !== 'DELETED');
  const rows = await deps.database.onReplica(accountKey(principal), (db) =>
    findTenants(db, { statuses, text: text ?? null }, page),
  );
  return connectionOf(rows, page, (row) => row.slug);
}
