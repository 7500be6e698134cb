import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { emailField, idField, nameField, permissionNamesField, roleNameField } from './fields.ts';
import { loginSubject } from './find-login.ts';
import { permissionsOfRoles } from './queries/effective-permissions.ts';
import type { LoginSubject } from './queries/login-subject.ts';
import { giveRole, rolesByName } from './queries/roles.ts';
import { insertUserIfFree } from './queries/users.ts';
import { outbox, type RoleRow } from './tables/index.ts';

/** What whoever may have no other role gets; it can't be deleted. */
const leastRole = 'self-registration';

const inputShape = z.object({
  userId: idField,
  tenantId: idField,
  email: emailField,
  /** A provider knows nothing of our rules for names. */
  firstName: nameField.nullish().catch(undefined),
  lastName: nameField.nullish().catch(undefined),
  role: roleNameField,
  within: permissionNamesField,
  registrationMethod: z.enum(['oauth', 'telegram']),
  providerId: idField,
});

type Wanted = z.output<typeof inputShape>;

/**
 * Adds an ACTIVE user whose address an identity provider has confirmed. Asked again with the same id, it answers the same
 * account. Null when the address is taken, or the account was deleted since. BAD_USER_INPUT.
 */
export async function provisionUser(
  deps: Pick<UserDeps, 'database'>,
  input: unknown,
): Promise<LoginSubject | null> {
  const wanted = readInput(inputShape, input);
  await deps.database.transaction((tx) => insertProvided(tx, wanted));
  const subject = await loginSubject(deps.database.db, wanted.userId);
  return subject?.tenantId === wanted.tenantId ? subject : null;
}

async function insertProvided(tx: Tx, wanted: Wanted): Promise<void> {
  const { userId, tenantId, email, firstName, lastName, providerId } = wanted;
  const now = new Date();
  const user = await insertUserIfFree(tx, {
    id: userId,
    tenantId,
    email: email.value,
    emailKey: email.key,
    firstName: firstName?.value,
    firstNameKey: firstName?.key,
    lastName: lastName?.value,
    lastNameKey: lastName?.key,
    status: 'ACTIVE',
    activatedAt: now,
    emailConfirmedAt: now,
  });
  if (!user) return;
  const role = await roleFor(tx, wanted);
  await giveRole(tx, userId, role.id);
  await writeEvent(tx, outbox, {
    type: 'user.created',
    tenantId,
    subject: userId,
    data: {
      userId,
      email: user.email,
      username: null,
      role: role.name,
      registrationMethod: wanted.registrationMethod,
      metadata: { confirmed: 'true', providerId },
    },
  });
}

async function roleFor(tx: Tx, { tenantId, role, within }: Wanted): Promise<RoleRow> {
  const found = await rolesByName(tx, tenantId, [role, leastRole]);
  const given = await permissionsOfRoles(
    tx,
    found.map(({ id }) => id),
  );
  const wanted = found.find(({ name }) => name === role);
  const allowed = wanted && (given.get(wanted.id) ?? []).every((name) => within.includes(name));
  const least = allowed ? wanted : found.find(({ name }) => name === leastRole);
  if (!least) throw new Error(`the tenant has no role ${leastRole}`);
  return least;
}
