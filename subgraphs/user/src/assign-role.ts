import type { Principal } from '@gatehouse/identity';
import { changeRole } from './change-role.ts';
import type { UserDeps } from './deps.ts';
import type { UserRow } from './tables/index.ts';

/** Gives a role. NOT_FOUND; FORBIDDEN for users or roles above the caller. */
export const assignRole = (deps: UserDeps, principal: Principal, input: unknown): Promise<UserRow> =>
  changeRole(deps, principal, input, 'assign');
