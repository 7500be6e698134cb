import type { Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { changeProfile, profileShape } from './change-profile.ts';
import type { UserDeps } from './deps.ts';
import { idField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({ userId: idField, ...profileShape });

/** Changes another user's profile. NOT_FOUND, FORBIDDEN for users above the caller, USERNAME_TAKEN. */
export async function updateUser(deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> {
  const { userId, ...change } = readInput(inputShape, input);
  return await changeProfile(deps, principal, userId, change);
}
