import { type KeyValue, type PubSub, whileLost } from '@gatehouse/data';
import { createLogger } from '@gatehouse/service-kit';

/** The same as a store that may be lost, as Redis may: `state.lost` makes it so. */
export function losableKeyValue() {
  const state = { lost: false };
  const store = memoryKeyValue();
  const orThrow = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      if (state.lost) throw new Error('the store is lost');
      return await work(...args);
    };
  };
  const lossy: KeyValue = {
    get: orThrow(store.get),
    getMany: orThrow(store.getMany),
    set: orThrow(store.set),
    setIfAbsent: orThrow(store.setIfAbsent),
    take: orThrow(store.take),
    delete: orThrow(store.delete),
    increment: orThrow(store.increment),
    ping: orThrow(store.ping),
    close: store.close,
  };
  const tolerant = whileLost(lossy, { logger: createLogger({ name: 'test', level: 'silent' }) });
  return { ...tolerant, values: store.values, state };
}

/** The key-value port in memory; time to live is not kept. */
export function memoryKeyValue(): KeyValue & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key) => values.get(key),
    getMany: async (keys) => keys.map((key) => values.get(key)),
    set: async (key, value) => void values.set(key, value),
    async setIfAbsent(key, value) {
      if (values.has(key)) return false;
      values.set(key, value);
      return true;
    },
    async take(key) {
      const value = values.get(key);
      values.delete(key);
      return value;
    },
    delete: async (keys) => {
      for (const key of keys) values.delete(key);
    },
    async increment(key) {
      const next = Number(values.get(key) ?? 0) + 1;
      values.set(key, String(next));
      return next;
    },
    ping: async () => {},
    close: async () => {},
  };
}

/** The pub/sub port in memory, with a connection that can be cut. */
export function memoryPubSub(): PubSub & { setConnected(now: boolean): void } {
  const subscribers = new Map<string, Set<(message: never) => void>>();
  const listeners = new Set<(connected: boolean) => void>();
  let connected = true;
  return {
    async publish(channel, message) {
      if (!connected) return;
      for (const tell of subscribers.get(channel) ?? []) tell(structuredClone(message) as never);
    },
    async subscribe(channel, onMessage) {
      const set = subscribers.get(channel) ?? new Set();
      subscribers.set(channel, set.add(onMessage as (message: never) => void));
      return async () => void set.delete(onMessage as (message: never) => void);
    },
    onConnectionChange(listener) {
      listeners.add(listener);
      listener(connected);
      return () => listeners.delete(listener);
    },
    setConnected(now) {
      connected = now;
      for (const listener of listeners) listener(now);
    },
    close: async () => {},
  };
}
