import type { UserDeps } from '../deps.ts';
import { insertConnectedAccount } from '../queries/other-systems.ts';
import { hearOf } from './other-systems.ts';

/** An account on another platform counts among the person's. */
export const accountConnected = (deps: UserDeps) =>
  hearOf(deps, {
    group: 'user.connected-accounts',
    type: 'account.connected',
    react: (tx, { id: userId }, { time, data: { accountId, platform } }) =>
      insertConnectedAccount(tx, { userId, accountId, platform, connectedAt: new Date(time) }),
  });
