import { revoke } from '@gatehouse/identity';
import type { UserDeps } from './deps.ts';
import { rolesThatInherit } from './queries/effective-permissions.ts';
import { holdersOf } from './queries/roles.ts';

type Ports = Pick<UserDeps, 'database' | 'keyValue' | 'pubSub' | 'logger'>;

/**
 * Makes a committed change of status or roles reach tokens already issued. The change stands even if this fails:
 * the event written with it has the same effect, only later.
 */
export async function announceChange(
  deps: Omit<Ports, 'database'>,
  change: { userId: string; ended: boolean },
): Promise<void> {
  try {
    await revoke(deps, change);
  } catch (err) {
    deps.logger.error({ err, userId: change.userId }, 'a change could not be announced yet');
  }
}

/** Holders reached at once, and how many are read at a time: a role may have many thousands. */
const parallel = 20;
const batch = 500;

/** Makes a committed change of roles reach everybody who holds them, directly or through inheritance. */
export async function announceRoleChange(deps: Ports, roleIds: readonly string[]): Promise<void> {
  const reached = await rolesThatInherit(deps.database.db, roleIds);
  if (reached.length === 0) return;
  let after: string | null = null;
  for (;;) {
    const holders: string[] = await holdersOf(deps.database.db, reached, after, batch);
    for (let start = 0; start < holders.length; start += parallel) {
      const some = holders.slice(start, start + parallel);
      await Promise.all(some.map((userId) => revoke(deps, { userId, ended: false })));
    }
    if (holders.length < batch) return;
    after = holders.at(-1) ?? null;
  }
}
