import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { announceChange } from './announce-change.ts';
import type { UserDeps } from './deps.ts';
import { idField, permissionNamesField, roleNamesField } from './fields.ts';
import { loginSubject } from './find-login.ts';
import { permissionsOfRoles } from './queries/effective-permissions.ts';
import type { LoginSubject } from './queries/login-subject.ts';
import { giveRole, rolesByName, takeRole } from './queries/roles.ts';
import { hasSuperAdministrator, superAdministrator } from './queries/super-administrators.ts';
import { lockUser } from './queries/users.ts';
import { outbox } from './tables/index.ts';

const inputShape = z.object({
  userId: idField,
  tenantId: idField,
  managed: roleNamesField,
  granted: roleNamesField,
  within: permissionNamesField,
  providerId: idField,
});

type Wanted = z.output<typeof inputShape>;

/**
 * Gives and takes the roles that an identity provider manages, as it says somebody has them. A role that by now gives more
 * than `within` is not given; the last super-administrator stays one. NOT_FOUND, BAD_USER_INPUT.
 */
export async function syncProvidedRoles(deps: UserDeps, input: unknown): Promise<LoginSubject> {
  const wanted = readInput(inputShape, input);
  const { userId } = wanted;
  const changed = await deps.database.transaction((tx) => sync(tx, wanted));
  if (changed) await announceChange(deps, { userId, ended: false });
  const subject = await loginSubject(deps.database.db, userId);
  if (!subject) throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  return subject;
}

async function sync(tx: Tx, wanted: Wanted): Promise<boolean> {
  const { userId, tenantId, managed, granted, within, providerId } = wanted;
  const user = await lockUser(tx, tenantId, userId);
  if (!user || user.status === 'DELETED') throw new GatehouseError('NOT_FOUND', 'There is no such user.');
  const roles = await rolesByName(tx, tenantId, managed);
  const given = await permissionsOfRoles(
    tx,
    roles.map(({ id }) => id),
  );
  const added: string[] = [];
  const removed: string[] = [];
  for (const { id, name } of roles) {
    const allowed = (given.get(id) ?? []).every((permission) => within.includes(permission));
    if (granted.includes(name)) {
      if (allowed && (await giveRole(tx, userId, id))) added.push(name);
    } else if (await takeRole(tx, userId, id)) {
      const isLast = name === superAdministrator && !(await hasSuperAdministrator(tx, tenantId));
      if (isLast) await giveRole(tx, userId, id);
      else removed.push(name);
    }
  }
  if (added.length + removed.length === 0) return false;
  await writeEvent(tx, outbox, {
    type: 'user.roles_changed',
    tenantId,
    subject: userId,
    data: { userId, added, removed, changedBy: `identity-provider:${providerId}` },
  });
  return true;
}
