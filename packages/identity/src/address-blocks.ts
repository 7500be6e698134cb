import type { PubSub } from '@gatehouse/data';
import { GatehouseError, type Logger, RangeMap } from '@gatehouse/service-kit';
import { LRUCache } from 'lru-cache';

/** A range of addresses that a tenant, or every tenant, does not answer. */
export type AddressBlock = {
  id: string;
  /** Null: at every tenant. */
  tenantId: string | null;
  /** In canonical CIDR notation. */
  range: string;
  /** Milliseconds since 1970; null: until it is lifted. */
  expiresAt: number | null;
};

/** What every process is told after a change is committed. */
export type AddressBlockChange = { block: AddressBlock } | { lifted: string };

export const addressBlockChannel = 'address-blocks';

/** Blocks read at once. */
export const addressBlockPage = 1_000;
/** All are read anew this often, should a change not have arrived. */
const pollMs = 30_000;
/** After a failure. */
const againMs = 1_000;
/** Addresses whose blocks are remembered. */
const maxKnown = 20_000;

const none: readonly AddressBlock[] = [];

export const addressBlocked = (): GatehouseError =>
  new GatehouseError('ADDRESS_BLOCKED', 'Requests from this address are not answered.');

/**
 * The blocks there are, in memory, so that no request asks the database: read at the start, changed by what pub/sub tells,
 * read anew when its connection is back. `load` answers those after an id, in the order of the ids, a page at a time.
 */
export function followAddressBlocks(deps: {
  pubSub: PubSub;
  logger: Logger;
  load(after: string | undefined): Promise<readonly AddressBlock[]>;
  /** Ranges that no block holds for. */
  neverBlocked: readonly string[];
}) {
  const { pubSub, logger, load } = deps;
  const exempt = new RangeMap<true>();
  for (const range of deps.neverBlocked) exempt.add(range, true);
  const listeners = new Set<(block: AddressBlock) => void>();
  let byId = new Map<string, AddressBlock>();
  let ranges = new RangeMap<AddressBlock>();
  const known = new LRUCache<string, readonly AddressBlock[]>({ max: maxKnown });
  /** Changes that arrive while all are being read: what was read may not have them. */
  let meanwhile: AddressBlockChange[] | undefined;
  let reading: Promise<void> | undefined;
  let stopped = false;
  const endings: (() => void | Promise<void>)[] = [];

  const remove = (id: string) => {
    const block = byId.get(id);
    if (!block) return;
    byId.delete(id);
    ranges.delete(block.range, block);
  };

  const add = (block: AddressBlock) => {
    remove(block.id);
    byId.set(block.id, block);
    ranges.add(block.range, block);
  };

  const apply = (change: AddressBlockChange) => {
    if ('lifted' in change) remove(change.lifted);
    else add(change.block);
    known.clear();
  };

  const changed = (change: AddressBlockChange) => {
    meanwhile?.push(change);
    apply(change);
    if ('block' in change) for (const listener of listeners) listener(change.block);
  };

  const readAll = async () => {
    meanwhile = [];
    try {
      const found: AddressBlock[] = [];
      for (let page = await load(undefined); ; page = await load(found.at(-1)?.id)) {
        found.push(...page);
        if (page.length < addressBlockPage) break;
      }
      byId = new Map();
      ranges = new RangeMap();
      for (const block of found) add(block);
      for (const change of meanwhile) apply(change);
      known.clear();
    } finally {
      meanwhile = undefined;
    }
  };

  const refresh = (): Promise<void> => {
    reading ??= readAll()
      .catch((err: unknown) => {
        logger.warn({ err }, 'blocked addresses could not be read');
        if (!stopped) setTimeout(() => void refresh(), againMs).unref();
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  const isOver = ({ expiresAt }: AddressBlock) => expiresAt !== null && expiresAt <= Date.now();

  /** The blocks that an address lies in, whosever they are; expired ones included for as long as they are known. */
  const rangesWith = (ipAddress: string): readonly AddressBlock[] => {
    const cached = known.get(ipAddress);
    if (cached) return cached;
    const found = exempt.find(ipAddress).length > 0 ? none : ranges.find(ipAddress);
    known.set(ipAddress, found.length === 0 ? none : found);
    return found;
  };

  return {
    /** The blocks that hold for an address now. Costs next to nothing while there are none. */
    find(ipAddress: string): readonly AddressBlock[] {
      if (ranges.size === 0) return none;
      const found = rangesWith(ipAddress);
      return found.length === 0 ? none : found.filter((block) => !isOver(block));
    },
    /** ADDRESS_BLOCKED for an address that this tenant does not answer. */
    refuse(tenantId: string, ipAddress: string): void {
      const found = this.find(ipAddress);
      if (found.some((block) => block.tenantId === null || block.tenantId === tenantId))
        throw addressBlocked();
    },
    /** Calls the listener for each new block. Answers a function that ends it. */
    onBlock(listener: (block: AddressBlock) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh,
    async start(): Promise<void> {
      endings.push(await pubSub.subscribe<AddressBlockChange>(addressBlockChannel, changed));
      let wasConnected: boolean | undefined;
      endings.push(
        pubSub.onConnectionChange((connected) => {
          if (connected && wasConnected === false) void refresh();
          wasConnected = connected;
        }),
      );
      const polling = setInterval(() => void refresh(), pollMs).unref();
      endings.push(() => clearInterval(polling));
      await refresh();
    },
    async stop(): Promise<void> {
      stopped = true;
      for (const end of endings.splice(0)) await end();
      await reading;
    },
  };
}

export type AddressBlocks = ReturnType<typeof followAddressBlocks>;

/** Tells every process of a change that is committed. */
export const tellAddressBlock = ({ pubSub }: { pubSub: PubSub }, change: AddressBlockChange): Promise<void> =>
  pubSub.publish(addressBlockChannel, change);
