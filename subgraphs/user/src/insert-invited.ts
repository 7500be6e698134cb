import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import { giveRole } from './queries/roles.ts';
import { insertUser } from './queries/users.ts';
import { outbox, type RoleRow, type UserRow } from './tables/index.ts';

export const defaultRole = 'user';

type Kept = { value: string; key: string };

/** Whom an invitation is for, as it was read. */
export type Invited = {
  email: Kept;
  username?: Kept | null | undefined;
  firstName?: Kept | null | undefined;
  lastName?: Kept | null | undefined;
  locale?: Kept | null | undefined;
  timeZone?: Kept | null | undefined;
};

/**
 * A PENDING user with their roles, and the event that invites them by mail and makes documents reserved for them theirs.
 * EMAIL_TAKEN, USERNAME_TAKEN.
 */
export async function insertInvited(
  tx: Tx,
  tenantId: string,
  added: { userId: string; wanted: Invited; roles: readonly RoleRow[]; documentIds?: readonly string[] },
): Promise<UserRow> {
  const { userId, wanted, roles, documentIds = [] } = added;
  const user = await insertUser(tx, {
    id: userId,
    tenantId,
    email: wanted.email.value,
    emailKey: wanted.email.key,
    username: wanted.username?.value,
    usernameKey: wanted.username?.key,
    firstName: wanted.firstName?.value,
    firstNameKey: wanted.firstName?.key,
    lastName: wanted.lastName?.value,
    lastNameKey: wanted.lastName?.key,
    locale: wanted.locale?.value,
    timeZone: wanted.timeZone?.value,
  });
  for (const role of roles) await giveRole(tx, userId, role.id);
  const names = roles.map((role) => role.name);
  await writeEvent(tx, outbox, {
    type: 'user.created',
    tenantId,
    subject: userId,
    data: {
      userId,
      email: user.email,
      username: user.username,
      role: names[0] ?? defaultRole,
      registrationMethod: 'admin',
      metadata: { roles: names, ...(documentIds.length > 0 ? { documentIds: [...documentIds] } : {}) },
    },
  });
  return user;
}
