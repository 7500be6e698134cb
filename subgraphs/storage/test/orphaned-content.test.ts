import { Readable } from 'node:stream';
import { newId } from '@gatehouse/data';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOrphanSweep } from '../src/orphaned-content.ts';
import { person, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeEach(async () => {
  storage = await startStorage();
});
afterEach(() => storage.stop());

const writeOrphan = async () => {
  const id = newId();
  await storage.blobs.write(id, Readable.from([Buffer.from('orphan')]), { maxBytes: 100 });
  return id;
};

it('removes content that belongs to no document, and no other', async () => {
  const id = await storage.store(person(newId()), 'kept');
  const orphans = await Promise.all([writeOrphan(), writeOrphan()]);
  await createOrphanSweep(storage)();
  expect(await storage.blobs.stat(orphans[0] ?? '')).toBeDefined();

  await createOrphanSweep(storage, { minAgeMs: -60_000 })();
  expect(await Promise.all(orphans.map((orphan) => storage.blobs.stat(orphan)))).toEqual([
    undefined,
    undefined,
  ]);
  expect(await storage.blobs.stat(id)).toBeDefined();
});

it('removes nothing when nothing of what it sees is known: the database may be another one', async () => {
  const orphan = await writeOrphan();
  await createOrphanSweep(storage, { minAgeMs: -60_000 })();
  expect(await storage.blobs.stat(orphan)).toBeDefined();
});
