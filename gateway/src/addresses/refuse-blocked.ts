import type { PubSub } from '@gatehouse/data';
import { type AddressBlock, addressBlocked, followAddressBlocks } from '@gatehouse/identity';
import type { Logger } from '@gatehouse/service-kit';
import type { CallSubgraph, ClientInfo } from '@gatehouse/service-kit/subgraph';
import { AddressBlocksDocument } from '../../generated/calls.ts';
import type { Tenants } from '../tokens/tenants.ts';

export type BlockedAddresses = {
  /** `ADDRESS_BLOCKED` for an address that the tenant of the host does not answer; at once, where nothing is blocked. */
  refuse(client: Pick<ClientInfo, 'ipAddress' | 'host'>): void | Promise<void>;
  /** Whether the address is refused at that host. */
  isBlocked(client: Pick<ClientInfo, 'ipAddress' | 'host'>): Promise<boolean>;
  /** Calls the listener when something new is blocked. */
  onBlock(listener: () => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Which addresses are refused, in the memory of this process. */
export function createBlockedAddresses(deps: {
  pubSub: PubSub;
  call: CallSubgraph;
  tenants: Tenants;
  logger: Logger;
  neverBlocked: readonly string[];
}): BlockedAddresses {
  const { call, tenants } = deps;
  const blocks = followAddressBlocks({
    ...deps,
    async load(after) {
      const { addressBlocks } = await call('auth', AddressBlocksDocument, { after: after ?? null });
      return addressBlocks.map(
        ({ expiresAt, ...block }): AddressBlock => ({
          ...block,
          tenantId: block.tenantId ?? null,
          expiresAt: expiresAt ? new Date(expiresAt).getTime() : null,
        }),
      );
    },
  });

  const holdsAt = async (found: readonly AddressBlock[], host: string): Promise<boolean> => {
    if (found.some(({ tenantId }) => tenantId === null)) return true;
    const tenant = await tenants.ofHost(host);
    return tenant !== null && found.some((block) => block.tenantId === tenant.id);
  };

  return {
    refuse({ ipAddress, host }) {
      const found = blocks.find(ipAddress);
      if (found.length === 0) return;
      return holdsAt(found, host).then((holds) => {
        if (holds) throw addressBlocked();
      });
    },
    async isBlocked({ ipAddress, host }) {
      const found = blocks.find(ipAddress);
      return found.length > 0 && (await holdsAt(found, host));
    },
    onBlock: (listener) => void blocks.onBlock(listener),
    start: blocks.start,
    stop: blocks.stop,
  };
}
