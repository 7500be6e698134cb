import type { EventOf } from '@gatehouse/events';
import { announceRoleChange } from '../announce-change.ts';
import type { UserDeps } from '../deps.ts';

/** Announces a change of roles again, for a process that fell over between commit and announcement. Harmless twice. */
export const roleDefinitionsChanged = (
  deps: Pick<UserDeps, 'bus' | 'database' | 'keyValue' | 'pubSub' | 'logger'>,
) =>
  deps.bus.subscribe({
    group: 'user.roles',
    types: ['user.role_definitions_changed'],
    handler: (event: EventOf<'user.role_definitions_changed'>) =>
      announceRoleChange(deps, event.data.roleIds),
  });
