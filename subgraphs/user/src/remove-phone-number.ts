import type { Account } from '@gatehouse/identity';
import { changeProfile } from './change-profile.ts';
import type { UserDeps } from './deps.ts';
import type { UserRow } from './tables/index.ts';

/** Takes the number out of the own profile; none is none, too. */
export const removePhoneNumber = (deps: UserDeps, principal: Account): Promise<UserRow> =>
  changeProfile(deps, principal, principal.userId, { phoneNumber: null });
