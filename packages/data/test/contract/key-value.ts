import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeyValue } from '../../src/index.ts';

const fifty = <T>(run: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: 50 }, (_, index) => run(index)));

/** What every key-value implementation must do. `open` gives an empty one. */
export function keyValueContract(name: string, open: () => Promise<KeyValue>): void {
  describe(`key-value: ${name}`, () => {
    let store: KeyValue;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const gone = (key: string) =>
      vi.waitFor(async () => expect(await store.get(key)).toBeUndefined(), { timeout: 5_000, interval: 20 });

    it('answers', async () => {
      await store.ping();
    });

    it('gives back what was set, replaces it, deletes it', async () => {
      expect(await store.get('a')).toBeUndefined();
      await store.set('a', 'ä\n{"x":1}');
      await store.set('b', '');
      expect(await store.getMany(['b', 'none', 'a', 'a'])).toEqual([
        '',
        undefined,
        'ä\n{"x":1}',
        'ä\n{"x":1}',
      ]);
      await store.set('a', '2');
      expect(await store.get('a')).toBe('2');
      await store.delete(['a', 'b', 'none']);
      expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
      expect(await store.getMany([])).toEqual([]);
      await store.delete([]);
    });

    it('never shows what has expired, and a new value has its own time', async () => {
      await store.set('short', '1', { ttlSeconds: 1 });
      expect(await store.get('short')).toBe('1');
      await store.set('renewed', '1', { ttlSeconds: 0.1 });
      await store.set('renewed', '2', { ttlSeconds: 60 });
      await store.set('kept', '1', { ttlSeconds: 0.1 });
      await store.set('kept', '2');
      await gone('short');
      expect(await store.getMany(['short', 'renewed', 'kept'])).toEqual([undefined, '2', '2']);
      expect(await store.take('short')).toBeUndefined();
    });

    it('sets if absent once for 50 at a time, and again after it expired', async () => {
      const won = await fifty((index) => store.setIfAbsent('once', String(index), { ttlSeconds: 60 }));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.get('once')).toBe(String(won.indexOf(true)));
      expect(await store.setIfAbsent('brief', '1', { ttlSeconds: 0.1 })).toBe(true);
      await gone('brief');
      const again = await fifty(() => store.setIfAbsent('brief', 'again', { ttlSeconds: 60 }));
      expect(again.filter(Boolean)).toHaveLength(1);
      expect(await store.setIfAbsent('brief', 'no')).toBe(false);
    });

    it('is taken by exactly one of 50', async () => {
      await store.set('code', 'secret', { ttlSeconds: 60 });
      const taken = await fifty(() => store.take('code'));
      expect(taken.filter((value) => value === 'secret')).toHaveLength(1);
      expect(taken.filter((value) => value === undefined)).toHaveLength(49);
    });

    it('counts 50 parallel increments, from one again after the first one’s time', async () => {
      const counted = await fifty(() => store.increment('count', { ttlSeconds: 60 }));
      expect(counted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(await store.get('count')).toBe('50');
      expect(await store.increment('counted briefly', { ttlSeconds: 1 })).toBe(1);
      expect(await store.increment('counted briefly', { ttlSeconds: 60 })).toBe(2);
      await gone('counted briefly');
      expect(await store.increment('counted briefly', { ttlSeconds: 60 })).toBe(1);
      expect(await store.increment('counted briefly', { ttlSeconds: 60 })).toBe(2);
      expect(await store.increment('endless')).toBe(1);
    });

    it('refuses keys out of bounds and times that are no time', async () => {
      const longest = 'é'.repeat(256);
      await store.set(longest, '1');
      expect(await store.get(longest)).toBe('1');
      for (const key of ['', `${longest}x`, 'a\0b']) {
        await expect(store.set(key, '1')).rejects.toThrow(RangeError);
        await expect(store.get(key)).rejects.toThrow(RangeError);
        await expect(store.delete(['a', key])).rejects.toThrow(RangeError);
      }
      for (const ttlSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(store.set('a', '1', { ttlSeconds })).rejects.toThrow(RangeError);
      }
    });
  });
}
