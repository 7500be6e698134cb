import { type Connection, connectionOf, type PageArguments, pageOf } from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { findRoles } from './queries/list-roles.ts';
import type { RoleRow } from './tables/index.ts';

/** A page of the roles of the caller's tenant, by name. BAD_USER_INPUT. */
export async function listRoles(
  deps: Pick<UserDeps, 'database'>,
  principal: Principal,
  args: PageArguments,
): Promise<Connection<RoleRow>> {
  const page = pageOf(args, z.string().max(63));
  const rows = await deps.database.onReplica(accountKey(principal), (db) =>
    findRoles(db, principal.tenantId, page),
  );
  return connectionOf(rows, page, (row) => row.name);
}
