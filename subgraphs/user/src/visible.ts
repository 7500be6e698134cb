import { type Caller, hasPermission, isSelf, type Principal, personOf } from '@gatehouse/identity';
import type { PermissionRow, RoleRow, UserRow } from './tables/index.ts';

// Who may see a record that another subgraph refers to; for everybody else it does not exist.

const inTenant = (caller: Caller, tenantId: string) => caller.principal?.tenantId === tenantId;

/** Oneself, or with users:read anybody of the own tenant. */
export const maySeeUser = (caller: Caller, user: Pick<UserRow, 'id' | 'tenantId'>): boolean =>
  caller.service !== null ||
  (inTenant(caller, user.tenantId) &&
    (isSelf(caller.principal, user.id) || hasPermission(caller.principal, 'users:read')));

/** The roles one holds, or with roles:read any of the own tenant. */
export const maySeeRole = (caller: Caller, role: RoleRow): boolean =>
  caller.service !== null ||
  (inTenant(caller, role.tenantId) &&
    (hasPermission(caller.principal, 'roles:read') || rolesHeld(caller.principal).includes(role.name)));

const rolesHeld = (principal: Principal | null): readonly string[] =>
  principal && principal.kind !== 'client' && personOf(principal) !== null ? principal.roles : [];

/** The permissions one has, or with roles:read any of the own tenant. */
export const maySeePermission = (caller: Caller, permission: PermissionRow): boolean =>
  caller.service !== null ||
  (inTenant(caller, permission.tenantId) &&
    (hasPermission(caller.principal, 'roles:read') ||
      (caller.principal?.permissions.includes(permission.name) ?? false)));
