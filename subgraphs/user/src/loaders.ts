import type { Executor } from '@gatehouse/data';
import DataLoader from 'dataloader';
import { permissionsOfUsers } from './queries/effective-permissions.ts';
import { grantedPermissions, permissionsById } from './queries/permissions.ts';
import { inheritedRoles, rolesById, rolesOfUsers } from './queries/roles.ts';
import { tenantsById } from './queries/tenants.ts';
import { usersById } from './queries/users.ts';

/** Reads of one request, batched: a page of users costs one query per kind of thing. */
export type Loaders = ReturnType<typeof createLoaders>;

export const createLoaders = (db: Executor) => ({
  user: one((ids) => usersById(db, ids)),
  role: one((ids) => rolesById(db, ids)),
  permission: one((ids) => permissionsById(db, ids)),
  tenant: one((ids) => tenantsById(db, ids)),
  rolesOfUser: many(
    (ids) => rolesOfUsers(db, ids),
    (row) => row.userId,
    (row) => row.role,
  ),
  inheritedByRole: many(
    (ids) => inheritedRoles(db, ids),
    (row) => row.roleId,
    (row) => row.role,
  ),
  grantedByRole: many(
    (ids) => grantedPermissions(db, ids),
    (row) => row.roleId,
    (row) => row.permission,
  ),
  permissionsOfUser: new DataLoader(async (ids: readonly string[]) => {
    const names = await permissionsOfUsers(db, ids);
    return ids.map((id) => names.get(id) ?? []);
  }),
});

/** The row of each id, or null. */
function one<Row extends { id: string }>(read: (ids: readonly string[]) => Promise<Row[]>) {
  return new DataLoader(async (ids: readonly string[]) => {
    const rows = new Map((await read(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}

/** All that belongs to each id, in the order it was read. */
function many<Row, Value>(
  read: (ids: readonly string[]) => Promise<Row[]>,
  idOf: (row: Row) => string,
  partOf: (row: Row) => Value,
) {
  return new DataLoader(async (ids: readonly string[]) => {
    const groups = Map.groupBy(await read(ids), idOf);
    return ids.map((id) => (groups.get(id) ?? []).map(partOf));
  });
}
