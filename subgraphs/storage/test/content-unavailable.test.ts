import { BlobStoreError, newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const lost = async (): Promise<never> => {
  throw new BlobStoreError('UNAVAILABLE', 'lost');
};

it('says so, when to come back, and leaves the upload open', async () => {
  const owner = person(newId());
  const id = await storage.store(owner, 'there before');
  const downloadUrl = await storage.downloadUrl(owner, id);
  const { documentId, uploadUrl } = await storage.announce(owner, { name: 'a.txt', size: 5 });
  const { write, read, delete: remove } = storage.blobs;
  Object.assign(storage.blobs, { write: lost, read: lost, delete: lost });
  for (const answer of [await fetch(downloadUrl), await fetch(uploadUrl, { method: 'PUT', body: 'hello' })]) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await answer.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'CONTENT_UNAVAILABLE', retryAfter: 5 } }],
    });
  }
  // What is known of documents is answered.
  const { data } = await storage.ask(owner, 'query ($id: ID!) { document(id: $id) { name size } }', { id });
  expect(data.document).toEqual({ name: 'a.txt', size: 12 });

  Object.assign(storage.blobs, { write, read, delete: remove });
  const again = await fetch(uploadUrl, { method: 'PUT', body: 'hello' });
  expect([again.status, ((await again.json()) as { documentId: string }).documentId]).toEqual([
    201,
    documentId,
  ]);
  expect(await (await fetch(downloadUrl)).text()).toBe('there before');
});
