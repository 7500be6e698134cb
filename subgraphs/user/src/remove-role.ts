import type { Principal } from '@gatehouse/identity';
import { changeRole } from './change-role.ts';
import type { UserDeps } from './deps.ts';
import type { UserRow } from './tables/index.ts';

/** Takes a role away. NOT_FOUND; FORBIDDEN as for `assignRole`; CONFLICT for the last super-administrator. */
export const removeRole = (deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> =>
  changeRole(deps, principal, input, 'remove');
