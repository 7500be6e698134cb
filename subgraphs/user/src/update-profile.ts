import type { UserPrincipal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeProfile, profileShape } from './change-profile.ts';
import type { UserDeps } from './deps.ts';
import { idField, preferencesField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({
  ...profileShape,
  avatarDocumentId: idField.nullish(),
  preferences: preferencesField.nullish(),
});

/** Changes the own profile. USERNAME_TAKEN. */
export async function updateProfile(
  deps: UserDeps,
  principal: UserPrincipal,
  input: unknown,
): Promise<UserRow> {
  return await changeProfile(deps, principal, principal.userId, readInput(inputShape, input));
}
