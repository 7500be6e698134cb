import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../src/index.ts';

const chunk = 256 * 1024;
const maxBytes = 10 * 1024 * 1024;
const of = (bytes: Uint8Array) => Readable.from([bytes], { objectMode: false });

/** What every blob store must do. `traces` counts what is stored at all, visible or not. */
export function blobStoreContract(
  name: string,
  open: () => Promise<BlobStore>,
  traces: () => Promise<number>,
): void {
  describe(`blob store: ${name}`, () => {
    let store: BlobStore;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    it.each([0, 1, chunk - 1, chunk, chunk + 1, 4 * chunk, 5 * chunk + 7])(
      'stores %i bytes and gives them back',
      async (size) => {
        const bytes = randomBytes(size);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(await store.write(`size-${size}`, of(bytes), { maxBytes })).toEqual({ size, sha256 });
        expect(await store.stat(`size-${size}`)).toEqual({ size, sha256, createdAt: expect.any(Date) });
        expect((await buffer(await store.read(`size-${size}`))).equals(bytes)).toBe(true);
      },
    );

    it('reads any range', async () => {
      const bytes = randomBytes(5 * chunk + 100);
      await store.write('ranges', of(bytes), { maxBytes });
      for (const [start, end] of [
        [0, 0],
        [0, 99],
        [chunk - 1, chunk],
        [chunk, 2 * chunk - 1],
        [3, 4 * chunk + 3],
        [5 * chunk + 99, 5 * chunk + 99],
        [10, 100 * chunk],
        [5 * chunk, undefined],
      ] as const) {
        const part = await buffer(await store.read('ranges', { start, end }));
        expect(part.equals(bytes.subarray(start, end === undefined ? undefined : end + 1))).toBe(true);
      }
      await expect(store.read('ranges', { start: bytes.length })).rejects.toMatchObject({ code: 'RANGE' });
      await expect(store.read('ranges', { start: 5, end: 4 })).rejects.toMatchObject({ code: 'RANGE' });
      await expect(store.read('ranges', { start: -1 })).rejects.toMatchObject({ code: 'RANGE' });
    });

    it('takes small and odd pieces from any async source', async () => {
      const bytes = randomBytes(2 * chunk + 333);
      async function* pieces() {
        for (let from = 0; from < bytes.length; from += 1_234)
          yield new Uint8Array(bytes.subarray(from, from + 1_234));
      }
      await store.write('pieces', pieces(), { maxBytes });
      expect((await buffer(await store.read('pieces'))).equals(bytes)).toBe(true);
    });

    it('leaves nothing of a write that is too large, fails, or is aborted', async () => {
      const before = await traces();
      const data = of(randomBytes(3 * chunk));
      await expect(store.write('bad', data, { maxBytes: 2 * chunk })).rejects.toMatchObject({
        code: 'TOO_LARGE',
      });
      expect(data.destroyed).toBe(false);

      async function* broken() {
        yield randomBytes(2 * chunk);
        throw new Error('the sender is gone');
      }
      await expect(store.write('bad', broken(), { maxBytes })).rejects.toThrow('the sender is gone');

      const abort = new AbortController();
      async function* endless() {
        for (let n = 0; ; n++) {
          if (n === 5) abort.abort();
          yield randomBytes(chunk);
        }
      }
      await expect(store.write('bad', endless(), { maxBytes, signal: abort.signal })).rejects.toThrow();

      const pieces = [randomBytes(chunk), randomBytes(chunk)];
      const cut = new Readable({
        read() {
          const piece = pieces.pop();
          if (piece) this.push(piece);
          else this.destroy(new Error('connection reset'));
        },
      });
      await expect(store.write('bad', cut, { maxBytes })).rejects.toThrow('connection reset');

      expect(await store.stat('bad')).toBeUndefined();
      await expect(store.read('bad')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await traces()).toBe(before);
    });

    it('lets exactly one of 50 parallel writes of one id win', async () => {
      const before = await traces();
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, n) =>
          store.write('race', of(Buffer.from(`writer ${n}`)), { maxBytes }),
        ),
      );
      const won = results.findIndex((result) => result.status === 'fulfilled');
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'EXISTS' });
      }
      expect((await buffer(await store.read('race'))).toString()).toBe(`writer ${won}`);
      expect(await traces()).toBe(before + 1);
    });

    it('deletes, and the id is free again', async () => {
      await store.write('gone', of(Buffer.from('1')), { maxBytes });
      const before = await traces();
      expect(await store.delete('gone')).toBe(true);
      expect(await store.delete('gone')).toBe(false);
      expect(await store.stat('gone')).toBeUndefined();
      expect(await traces()).toBe(before - 1);
      await store.write('gone', of(Buffer.from('2')), { maxBytes });
      expect((await buffer(await store.read('gone'))).toString()).toBe('2');
    });

    it('lists what is complete, in pages', async () => {
      const all: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.list({ after, limit: 3, createdBefore: new Date(Date.now() + 60_000) });
        all.push(...page);
        after = page.at(-1);
        if (page.length < 3) break;
      }
      expect(new Set(all)).toHaveLength(all.length);
      expect(all).toEqual(expect.arrayContaining(['size-0', 'ranges', 'race']));
      expect(all).not.toContain('bad');
      expect(await store.list({ limit: 3, createdBefore: new Date(Date.now() - 60_000) })).toEqual([]);
    });

    it('reads only as far as the consumer does', async () => {
      await store.write('long', of(randomBytes(8 * 1024 * 1024)), { maxBytes });
      const stream = await store.read('long');
      for await (const _part of stream) break;
      expect(stream.destroyed).toBe(true);
    });
  });
}
