import type { Executor } from '@gatehouse/data';
import {
  hasPermission,
  actorOf as identityOf,
  isSelf,
  type Permission,
  type Principal,
} from '@gatehouse/identity';
import { badInput, GatehouseError } from '@gatehouse/service-kit';
import { permissionsOfRoles, permissionsOfUsers } from './queries/effective-permissions.ts';
import { rolesByName } from './queries/roles.ts';
import { lockUser } from './queries/users.ts';
import type { RoleRow, UserRow } from './tables/index.ts';

/** Who did something, as events name them. */
export function actorOf(principal: Principal): string {
  const actor = identityOf(principal);
  return 'userId' in actor ? actor.userId : `client:${actor.clientId}`;
}

const holdsAll = (principal: Principal, names: readonly string[]) =>
  names.every((name) => principal.permissions.includes(name));

/** FORBIDDEN without the permission; for what depends on more than a directive can say. */
export function requireHeld(principal: Principal, permission: Permission): void {
  if (!hasPermission(principal, permission)) {
    throw new GatehouseError('FORBIDDEN', `This needs the permission ${permission}.`);
  }
}

/** The user, locked, whom the caller is about to change: NOT_FOUND; FORBIDDEN when they may more than the caller. */
export async function lockUserBelow(tx: Executor, principal: Principal, userId: string): Promise<UserRow> {
  const user = await lockUser(tx, principal.tenantId, userId);
  if (!user) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  if (principal.kind === 'user' ? principal.userId === userId : isSelf(principal, userId)) return user;
  const held = (await permissionsOfUsers(tx, [userId])).get(userId) ?? [];
  if (!holdsAll(principal, held)) {
    throw new GatehouseError('FORBIDDEN', 'This user has permissions that you do not have.');
  }
  return user;
}

/** The roles of these names; BAD_USER_INPUT on `path` for an unknown one. */
export async function requireRoles(
  db: Executor,
  tenantId: string,
  names: readonly string[],
  path: string,
): Promise<RoleRow[]> {
  const found = await rolesByName(db, tenantId, names);
  const missing = names.filter((name) => !found.some((role) => role.name === name));
  if (missing.length > 0) throw badInput({ path, message: `unknown: ${missing.join(', ')}` });
  return found;
}

/** FORBIDDEN unless the caller holds everything that the roles give. */
export async function requireAuthorityOverRoles(
  db: Executor,
  principal: Principal,
  roles: readonly RoleRow[],
): Promise<void> {
  const given = await permissionsOfRoles(
    db,
    roles.map((role) => role.id),
  );
  for (const role of roles) {
    if (!holdsAll(principal, given.get(role.id) ?? [])) {
      throw new GatehouseError('FORBIDDEN', `The role ${role.name} gives permissions that you do not have.`);
    }
  }
}

/** FORBIDDEN unless the caller holds these permissions. */
export function requireAuthorityOverPermissions(principal: Principal, names: readonly string[]): void {
  if (!holdsAll(principal, names)) {
    throw new GatehouseError('FORBIDDEN', 'You can only grant permissions that you have.');
  }
}
