import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetExpiredUploads, removeDeletedContent } from '../src/clean.ts';
import { person, refusal, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage({ keepDeletedSeconds: 0 });
});
afterAll(() => storage.stop());

const deletion = 'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }';

test('a deleted document disappears at once, its content with the next cleaning', async () => {
  const ada = person(newId());
  const admin = person(ada.principal.tenantId, ['documents:read', 'documents:delete']);
  const before = await storage.leftovers();
  const own = await storage.store(ada, 'own');
  const another = await storage.store(ada, 'another');
  expect((await storage.ask(ada, deletion, { id: own })).data.deleteDocument.documentId).toBe(own);
  expect((await storage.ask(admin, deletion, { id: another })).data.deleteDocument.documentId).toBe(another);
  const again = await storage.ask(ada, deletion, { id: own });
  expect(again.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  expect((await storage.ask(ada, '{ documents { nodes { id } } }')).data.documents.nodes).toEqual([]);

  await removeDeletedContent(storage);
  expect(await storage.leftovers()).toEqual(before);
});

test('what was announced and never sent is forgotten once its URL has expired', async () => {
  const ada = person(newId());
  const { uploadUrl } = await storage.announce(ada, { name: 'x', size: 1 });
  const sent = await storage.store(ada, 'y');
  await storage.database.pool.query("update upload set expires_at = now() - interval '1 second'");
  await forgetExpiredUploads(storage);
  const { rows } = await storage.database.pool.query('select id from document where owner_id = $1', [
    ada.principal.userId,
  ]);
  expect(rows).toEqual([{ id: sent }]);
  expect(await refusal(await fetch(uploadUrl, { method: 'PUT', body: 'x' }))).toEqual([404, 'NOT_FOUND']);
});

test('content that a crash left unrecorded goes with the next attempt, or with the expiry', async () => {
  const ada = person(newId());
  const crashed = async () => {
    const upload = await storage.announce(ada, { name: 'x', size: 3 });
    await storage.blobs.write(
      upload.documentId,
      (async function* () {
        yield Buffer.from('old');
      })(),
      { maxBytes: 3 },
    );
    await storage.database.pool.query(
      "update upload set state = 'writing', attempt = $2, lease_until = now() - interval '1 second' where document_id = $1",
      [upload.documentId, newId()],
    );
    return upload;
  };
  const retried = await crashed();
  expect((await fetch(retried.uploadUrl, { method: 'PUT', body: 'new' })).status).toBe(201);
  const content = await fetch(await storage.downloadUrl(ada, retried.documentId));
  expect(await content.text()).toBe('new');

  const left = await crashed();
  await storage.database.pool.query("update upload set expires_at = now() - interval '1 second'");
  await forgetExpiredUploads(storage);
  expect(await storage.blobs.stat(left.documentId)).toBeUndefined();
});

test('a document deleted while its content arrives leaves nothing', async () => {
  const ada = person(newId());
  const before = await storage.leftovers();
  const { documentId: id, uploadUrl } = await storage.announce(ada, { name: 'x', size: 6 });
  let finish = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from('abc'));
      finish = () => {
        controller.enqueue(Buffer.from('def'));
        controller.close();
      };
    },
  });
  const sending = fetch(uploadUrl, { method: 'PUT', body, duplex: 'half' } as RequestInit);
  await expect.poll(async () => (await storage.leftovers()).blobs).toBe(before.blobs + 1);
  await storage.ask(ada, deletion, { id });
  await removeDeletedContent(storage);
  finish();
  expect(await refusal(await sending)).toEqual([409, 'CONFLICT']);
  expect(await storage.leftovers()).toEqual(before);
});
