import type { Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import type { Principal } from '@gatehouse/identity';
import { badInput, GatehouseError } from '@gatehouse/service-kit';
import type { z } from 'zod';
import { actorOf, lockUserBelow } from './authority.ts';
import type { UserDeps } from './deps.ts';
import {
  type idField,
  localeField,
  nameField,
  type preferencesField,
  timeZoneField,
  usernameField,
} from './fields.ts';
import { updateUser } from './queries/users.ts';
import { outbox, type UserRow } from './tables/index.ts';

/** Left out: unchanged. Null: emptied. */
export const profileShape = {
  username: usernameField.nullish(),
  firstName: nameField.nullish(),
  lastName: nameField.nullish(),
  locale: localeField.nullish(),
  timeZone: timeZoneField.nullish(),
};

type Kept = { value: string; key: string } | null;
export type ProfileChange = {
  [K in keyof typeof profileShape]?: Kept;
} & {
  avatarDocumentId?: z.output<typeof idField> | null;
  preferences?: z.output<typeof preferencesField> | null;
  /** A number is only taken away here: it comes with the code that was texted to it. */
  phoneNumber?: null;
};

const maxPreferences = 50;

/** Changes a profile; without an actual change nothing is written. NOT_FOUND, FORBIDDEN, CONFLICT when deleted, USERNAME_TAKEN. */
export async function changeProfile(
  deps: UserDeps,
  principal: Principal,
  userId: string,
  change: ProfileChange,
): Promise<UserRow> {
  return await deps.database.transaction(async (tx: Tx) => {
    const before = await lockUserBelow(tx, principal, userId);
    if (before.status === 'DELETED') throw new GatehouseError('CONFLICT', 'The account is DELETED.');
    const changed = changedColumns(before, columnsOf(before, change));
    if (changed.length === 0) return before;
    const after = await updateUser(tx, principal.tenantId, userId, Object.fromEntries(changed));
    if (!after) throw new Error('the locked user is gone');
    await writeEvent(tx, outbox, {
      type: 'user.updated',
      tenantId: after.tenantId,
      subject: userId,
      data: { userId, ...toldChanges(before, after), updatedBy: actorOf(principal) },
    });
    return after;
  });
}

function columnsOf(before: UserRow, change: ProfileChange): Partial<UserRow> {
  const { username, firstName, lastName, locale, timeZone, avatarDocumentId, preferences, phoneNumber } =
    change;
  return {
    ...(username !== undefined && {
      username: username?.value ?? null,
      usernameKey: username?.key ?? null,
    }),
    ...(firstName !== undefined && {
      firstName: firstName?.value ?? null,
      firstNameKey: firstName?.key ?? '',
    }),
    ...(lastName !== undefined && { lastName: lastName?.value ?? null, lastNameKey: lastName?.key ?? '' }),
    ...(locale !== undefined && { locale: locale?.value ?? 'en' }),
    ...(timeZone !== undefined && { timeZone: timeZone?.value ?? 'UTC' }),
    ...(avatarDocumentId !== undefined && { avatarDocumentId }),
    ...(phoneNumber !== undefined && { phoneNumber }),
    ...(preferences !== undefined && { preferences: merged(before.preferences, preferences ?? null) }),
  };
}

/** Keys with a value are set, keys with null removed; null for all empties. */
function merged(
  known: Record<string, string>,
  given: z.output<typeof preferencesField> | null,
): Record<string, string> {
  if (given === null) return {};
  const all = new Map(Object.entries(known));
  for (const { key, value } of given) {
    if (value == null) all.delete(key);
    else all.set(key, value);
  }
  if (all.size > maxPreferences) throw badInput({ path: 'preferences', message: 'are too many' });
  return Object.fromEntries(all);
}

const changedColumns = (before: UserRow, columns: Partial<UserRow>) =>
  Object.entries(columns).filter(
    ([name, value]) => JSON.stringify(before[name as keyof UserRow]) !== JSON.stringify(value),
  );

const fields = [
  'username',
  'firstName',
  'lastName',
  'locale',
  'timeZone',
  'avatarDocumentId',
  'phoneNumber',
  'preferences',
] as const;
/** The fields whose values receivers need; of the others, which are personal, only that they changed. */
const told: readonly string[] = ['locale', 'timeZone'];

function toldChanges(before: UserRow, after: UserRow) {
  const names = fields.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return {
    changes: Object.fromEntries(names.map((name) => [name, told.includes(name) ? after[name] : true])),
    previousValues: Object.fromEntries(
      names.filter((name) => told.includes(name)).map((name) => [name, before[name]]),
    ),
  };
}
