import type { Executor } from '@gatehouse/data';
import DataLoader from 'dataloader';
import { permissionsOfUsers } from './queries/effective-permissions.ts';
import { entitlementsOfRoles } from './queries/entitlements.ts';
import { activityOfUsers, plansOfUsers } from './queries/other-systems.ts';
import { grantedPermissions, permissionsById } from './queries/permissions.ts';
import { inheritedRoles, rolesById, rolesOfUsers } from './queries/roles.ts';
import { hostsOfTenants, tenantsById } from './queries/tenants.ts';
import { usersById } from './queries/users.ts';

/** Reads of one request, batched: a page of users costs one query per kind of thing. */
export type Loaders = ReturnType<typeof createLoaders>;

export const createLoaders = (db: Executor) => ({
  user: one((ids) => usersById(db, ids)),
  role: one((ids) => rolesById(db, ids)),
  permission: one((ids) => permissionsById(db, ids)),
  tenant: one((ids) => tenantsById(db, ids)),
  hostsOfTenant: many(
    (ids) => hostsOfTenants(db, ids),
    (row) => row.tenantId,
    (row) => row.host,
  ),
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
  entitlementsOfRole: many(
    (ids) => entitlementsOfRoles(db, ids),
    (row) => row.roleId,
    (row) => row.entitlement,
  ),
  planOfUser: one(async (ids) => (await plansOfUsers(db, ids)).map((row) => ({ ...row, id: row.userId }))),
  activityOfUser: one(async (ids) =>
    (await activityOfUsers(db, ids)).map((row) => ({ ...row, id: row.userId })),
  ),
  permissionsOfUser: batched(async (ids) => {
    const names = await permissionsOfUsers(db, ids);
    return (id) => names.get(id) ?? [];
  }),
});

/** The row of each id, or null. */
const one = <Row extends { id: string }>(read: (ids: string[]) => Promise<Row[]>) =>
  batched(async (ids) => {
    const rows = new Map((await read(ids)).map((row) => [row.id, row]));
    return (id) => rows.get(id) ?? null;
  });

/** All that belongs to each id, in the order it was read. */
const many = <Row, Value>(
  read: (ids: string[]) => Promise<Row[]>,
  idOf: (row: Row) => string,
  partOf: (row: Row) => Value,
) =>
  batched(async (ids) => {
    const groups = Map.groupBy(await read(ids), idOf);
    return (id) => (groups.get(id) ?? []).map(partOf);
  });

/** Batches without remembering: a request may change what it reads again, one mutation after the other. */
const batched = <Value>(read: (ids: string[]) => Promise<(id: string) => Value>) =>
  new DataLoader<string, Value>(
    async (ids) => {
      const valueFor = await read([...new Set(ids)]);
      return ids.map(valueFor);
    },
    { cache: false },
  );
