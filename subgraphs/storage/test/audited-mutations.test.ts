import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditedMutations } from '../src/audited-mutations.ts';
import { person, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const deletion = 'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }';

test('a deletion is told of, done or refused; making a document is nothing to tell', async () => {
  const told: Record<string, unknown>[] = [];
  const subscription = await storage.bus.subscribe({
    group: 'test',
    types: ['audit.recorded'],
    handler: async (event) => void told.push(event.data),
  });
  const ada = person(newId());
  const reader = person(ada.principal.tenantId, ['documents:read']);
  const id = await storage.store(ada, 'own');
  await storage.ask(reader, deletion, { id });
  await storage.ask(ada, deletion, { id });
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(2);
  expect(told).toMatchObject([
    { action: 'deleteDocument', result: 'REFUSED', errorCode: 'FORBIDDEN', on: { type: 'document', id } },
    {
      action: 'deleteDocument',
      result: 'SUCCESS',
      actor: { type: 'user', id: ada.principal.userId },
      on: { type: 'document', id },
      details: { ownerId: ada.principal.userId },
    },
  ]);
  await subscription.stop();
  const others = ['createUpload', 'reserveDocuments', 'releaseDocuments'];
  const fields = Object.keys(storage.subgraph.schema.getMutationType()?.getFields() ?? {});
  expect([...Object.keys(auditedMutations), ...others].toSorted()).toEqual(fields.toSorted());
});
