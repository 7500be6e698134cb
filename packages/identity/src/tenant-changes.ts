import type { PubSub, Unsubscribe } from '@gatehouse/data';
import { LRUCache } from 'lru-cache';

/** Something about a tenant has changed: its standing, its hosts, its settings. */
export type TenantChange = { tenantId: string };

export const tenantChannel = 'tenant';

/** Has every process read anew what it knows about tenants. Call it after the change is committed. */
export const announceTenantChange = (pubSub: PubSub, change: TenantChange): Promise<void> =>
  pubSub.publish(tenantChannel, change);

/** How long something is believed without asking: with changes arriving, without, and that there is nothing. */
const lifeMs = 60_000;
const lifeUnheardMs = 1_000;
const lifeOfNothingMs = 5_000;

type Entry<T> = { value: T | null; until: number };

export type TenantCache<T> = {
  /** At once when it is known. While it can't be asked, what was known last holds. */
  find(key: string): T | null | Promise<T | null>;
  /** Begins to believe longer than a second; `changed` is called after everything known was forgotten. */
  follow(pubSub: PubSub, changed?: () => void): Promise<Unsubscribe>;
};

/**
 * What a process knows about tenants, asked once and kept until a tenant changes. Changes are rare and what they reach
 * (hosts that were unknown, say) is not told by their tenant, so everything is forgotten.
 */
export function createTenantCache<T>(
  ask: (key: string) => Promise<T | null>,
  { max = 5_000, now = Date.now }: { max?: number; now?: () => number } = {},
): TenantCache<T> {
  const entries = new LRUCache<string, Entry<T>>({ max });
  const asking = new Map<string, Promise<T | null>>();
  let heard = false;
  let generation = 0;

  const lifeOf = (value: T | null) => (value === null ? lifeOfNothingMs : lifeMs);

  const askNow = async (key: string): Promise<T | null> => {
    const asOf = generation;
    const before = entries.peek(key);
    try {
      const value = await ask(key);
      // Answered before something changed: it may not hold any more.
      if (asOf !== generation) return await find(key);
      entries.set(key, { value, until: now() + (heard ? lifeOf(value) : lifeUnheardMs) });
      return value;
    } catch (error) {
      if (!before || asOf !== generation) throw error;
      entries.set(key, { value: before.value, until: now() + lifeUnheardMs });
      return before.value;
    }
  };

  const find = (key: string): T | null | Promise<T | null> => {
    const entry = entries.get(key);
    if (entry && entry.until > now()) return entry.value;
    const running = asking.get(key);
    if (running) return running;
    const asked = askNow(key).finally(() => {
      if (asking.get(key) === asked) asking.delete(key);
    });
    asking.set(key, asked);
    return asked;
  };

  const forget = () => {
    generation += 1;
    entries.clear();
    asking.clear();
  };

  return {
    find,
    async follow(pubSub, changed) {
      const unsubscribe = await pubSub.subscribe<TenantChange>(tenantChannel, () => {
        forget();
        changed?.();
      });
      const unwatch = pubSub.onConnectionChange((connected) => {
        heard = connected;
        forget();
      });
      return async () => {
        unwatch();
        heard = false;
        await unsubscribe();
      };
    },
  };
}
