import { newId } from '@gatehouse/data';
import { type Principal, personOf, requireRecent } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { ReleaseDocumentsDocument, ReserveDocumentsDocument } from '../generated/calls.ts';
import { requireAuthorityOverRoles, requireHeld, requireRoles } from './authority.ts';
import type { UserDeps } from './deps.ts';
import {
  emailField,
  idField,
  localeField,
  nameField,
  roleNamesField,
  timeZoneField,
  usernameField,
} from './fields.ts';
import { defaultRole, insertInvited } from './insert-invited.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({
  email: emailField,
  username: usernameField.nullish(),
  firstName: nameField.nullish(),
  lastName: nameField.nullish(),
  roles: roleNamesField.nullish(),
  documentIds: z
    .array(idField)
    .max(100, 'are too many')
    .transform((ids) => [...new Set(ids)])
    .nullish(),
  locale: localeField.nullish(),
  timeZone: timeZoneField.nullish(),
});

/**
 * Adds a PENDING user with roles and documents; the event invites them and makes the documents theirs. All of it
 * happens, or nothing: without the event the documents' reservation lapses. EMAIL_TAKEN, USERNAME_TAKEN; FORBIDDEN for
 * roles that give more than the caller has, STEP_UP_REQUIRED for roles at all.
 */
export async function addUser(
  deps: UserDeps,
  principal: Principal,
  input: unknown,
): Promise<{ user: UserRow; codeExpiresAt: Date }> {
  const wanted = readInput(inputShape, input);
  const names = wanted.roles?.length ? wanted.roles : [defaultRole];
  if (names.some((name) => name !== defaultRole)) {
    requireHeld(principal, 'roles:assign');
    requireRecent(principal);
  }
  const roles = await requireRoles(deps.database.db, principal.tenantId, names, 'roles');
  await requireAuthorityOverRoles(deps.database.db, principal, roles);

  const userId = newId();
  const documentIds = wanted.documentIds ?? [];
  const insert = () =>
    deps.database.transaction((tx) =>
      insertInvited(tx, principal.tenantId, { userId, wanted, roles, documentIds }),
    );
  const user =
    documentIds.length > 0
      ? await withDocuments(deps, principal, userId, documentIds, insert)
      : await insert();
  return { user, codeExpiresAt: new Date(Date.now() + deps.config.confirmationLifetime * 1_000) };
}

async function withDocuments<T>(
  deps: UserDeps,
  principal: Principal,
  forUserId: string,
  documentIds: string[],
  insert: () => Promise<T>,
): Promise<T> {
  const { tenantId } = principal;
  const holderId = personOf(principal);
  if (!holderId) throw badInput({ path: 'documentIds', message: 'only a person has documents' });
  await deps.call('storage', ReserveDocumentsDocument, { tenantId, documentIds, holderId, forUserId });
  try {
    return await insert();
  } catch (error) {
    // After any other failure the user may exist all the same: then the event makes the documents theirs.
    if (error instanceof GatehouseError) {
      await deps.call('storage', ReleaseDocumentsDocument, { forUserId }).catch((err: unknown) => {
        deps.logger.warn({ err, userId: forUserId }, 'a reservation of documents is left to lapse');
      });
    }
    throw error;
  }
}
