import { silentLogger } from '@gatehouse/testkit';
import { expect, it } from 'vitest';
import { type KeyValue, whileLost } from '../src/index.ts';

function losable() {
  const state = { lost: false, values: new Map<string, string>() };
  const or = <T>(answer: () => T) => {
    if (state.lost) throw new Error('lost');
    return answer();
  };
  const store = {
    get: async (key: string) => or(() => state.values.get(key)),
    getMany: async (keys: readonly string[]) => or(() => keys.map((key) => state.values.get(key))),
    set: async (key: string, value: string) => or(() => void state.values.set(key, value)),
    setIfAbsent: async (key: string, value: string) =>
      or(() => !state.values.has(key) && Boolean(state.values.set(key, value))),
    increment: async () => or(() => 100),
    delete: async (keys: readonly string[]) => or(() => keys.forEach((key) => void state.values.delete(key))),
  } as unknown as KeyValue;
  return { state, store: whileLost(store, { logger: silentLogger }) };
}

it('finds nothing, counts and marks by itself, and tells of writes that are lost', async () => {
  const { state, store } = losable();
  await store.set('kept', '1');
  state.lost = true;
  expect(await store.get('kept')).toBeUndefined();
  expect(await store.getMany(['kept', 'other'])).toEqual([undefined, undefined]);
  expect([await store.increment('count'), await store.increment('count')]).toEqual([1, 2]);
  expect([await store.setIfAbsent('mark', 'a'), await store.setIfAbsent('mark', 'b')]).toEqual([true, false]);
  expect(await store.get('mark')).toBe('a');
  await expect(store.set('kept', '2')).rejects.toThrow('lost');
  await expect(store.delete(['kept'])).rejects.toThrow('lost');
  await expect(
    store.increment('count', { ttlSeconds: 0 }).then(() => store.increment('new', { ttlSeconds: 0 })),
  ).rejects.toThrow(RangeError);

  state.lost = false;
  expect(await store.get('kept')).toBe('1');
  expect(await store.increment('count')).toBe(100);
  // What was marked is not free again, until it is deleted.
  expect(await store.setIfAbsent('mark', 'c')).toBe(false);
  await store.delete(['mark']);
  expect(await store.setIfAbsent('mark', 'c')).toBe(true);
});

it('keeps its own counts for their time, and not without end', async () => {
  const { state, store } = losable();
  state.lost = true;
  await store.increment('short', { ttlSeconds: 0.05 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await store.increment('short', { ttlSeconds: 0.05 })).toBe(1);
  await store.increment('oldest');
  for (let n = 0; n < 50_000; n++) await store.increment(`key ${n}`);
  expect(await store.increment('oldest')).toBe(1);
});
