import type { BlockedAddresses } from '../addresses/refuse-blocked.ts';
import type { Plugin } from '../operation/exchange.ts';

/** Refuses what comes from a blocked address, operations of a socket that was opened before as well. */
export const refuseBlocked = (addresses: BlockedAddresses): Plugin => ({
  name: 'refuse-blocked',
  run: ({ client }) => addresses.refuse(client),
});
