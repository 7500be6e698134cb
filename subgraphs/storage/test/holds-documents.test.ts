import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person, service, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

test('a holder holds their own stored documents, all of them or it is no', async () => {
  const [ada, grace] = [person(newId()), person(newId())];
  const [own, foreign] = [await storage.store(ada, 'a'), await storage.store(grace, 'b')];
  const { userId: holderId, tenantId } = ada.principal;
  const holds = async (documentIds: string[], caller = service, tenant = tenantId) => {
    const { data, errors } = await storage.ask(
      caller,
      `query ($tenantId: ID!, $documentIds: [ID!]!, $holderId: ID!) {
        holdsDocuments(tenantId: $tenantId, documentIds: $documentIds, holderId: $holderId)
      }`,
      { tenantId: tenant, documentIds, holderId },
    );
    return errors?.[0]?.extensions.code ?? data?.holdsDocuments;
  };
  expect(await holds([own])).toBe(true);
  expect(await holds([own, own.toUpperCase()])).toBe(true);
  expect(await holds([own, foreign])).toBe(false);
  expect(await holds([newId()])).toBe(false);
  expect(await holds([own], service, newId())).toBe(false);
  expect(await holds([own], ada)).toBe('FORBIDDEN');
});
