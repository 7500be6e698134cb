import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person, service, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
const tenantId = newId();
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const codeOf = (answer: { errors?: { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code ?? null;

const reserve = async (holderId: string, forUserId: string, documentIds: string[], tenant = tenantId) =>
  codeOf(
    await storage.ask(
      service,
      `mutation ($tenantId: ID!, $documentIds: [ID!]!, $holderId: ID!, $forUserId: ID!) {
        reserveDocuments(tenantId: $tenantId, documentIds: $documentIds, holderId: $holderId, forUserId: $forUserId)
      }`,
      { tenantId: tenant, documentIds, holderId, forUserId },
    ),
  );
const release = (forUserId: string) =>
  storage.ask(service, 'mutation ($forUserId: ID!) { releaseDocuments(forUserId: $forUserId) }', {
    forUserId,
  });
const created = (userId: string, documentIds: string[], id = newId()) =>
  storage.bus.publish([
    {
      specversion: '1.0',
      id,
      source: '/gatehouse/test',
      type: 'user.created',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: tenantId,
      data: {
        userId,
        email: 'new@example.com',
        username: null,
        role: 'user',
        registrationMethod: 'admin',
        metadata: { documentIds },
      },
    },
  ]);
const ownerOf = async (id: string) => {
  const { rows } = await storage.database.pool.query('select owner_id from document where id = $1', [id]);
  return rows[0]?.owner_id as string;
};

test('reserved documents become those of the user who was added, once', async () => {
  const ada = person(tenantId);
  const holder = ada.principal.userId;
  const newcomer = newId();
  const ids = [await storage.store(ada, 'a'), await storage.store(ada, 'b')];
  expect(await reserve(holder, newcomer, ids)).toBeNull();
  expect(await reserve(holder, newcomer, ids)).toBeNull();
  expect(await ownerOf(ids[0] ?? '')).toBe(holder);
  await created(newcomer, ids);
  await expect.poll(() => Promise.all(ids.map(ownerOf))).toEqual([newcomer, newcomer]);
  await release(newcomer);
  expect(await ownerOf(ids[0] ?? '')).toBe(newcomer);
});

test('all are set aside or none: missing, unsent, deleted, of others, of another tenant, taken', async () => {
  const ada = person(tenantId);
  const bob = person(tenantId);
  const holder = ada.principal.userId;
  const good = await storage.store(ada, 'good');
  const deleted = await storage.store(ada, 'deleted');
  await storage.ask(
    ada,
    'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }',
    { id: deleted },
  );
  const taken = await storage.store(ada, 'taken');
  expect(await reserve(holder, newId(), [taken])).toBeNull();
  const bad = [
    newId(),
    (await storage.announce(ada, { name: 'x', size: 1 })).documentId,
    deleted,
    await storage.store(bob, 'of bob'),
    taken,
  ];
  for (const one of bad) expect(await reserve(holder, newId(), [good, one])).toBe('BAD_USER_INPUT');
  expect(await reserve(holder, newId(), [good], newId())).toBe('BAD_USER_INPUT');
  expect(await reserve(holder, newId(), [])).toBe('BAD_USER_INPUT');
  expect(await reserve(holder, newId(), [good])).toBeNull();
});

test('of many reservations at once exactly one gets the documents', async () => {
  const ada = person(tenantId);
  const ids = [await storage.store(ada, 'a'), await storage.store(ada, 'b'), await storage.store(ada, 'c')];
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      reserve(ada.principal.userId, newId(), i % 2 ? ids : ids.toReversed()),
    ),
  );
  expect(outcomes.filter((code) => code === null)).toHaveLength(1);
});

test('a reservation is taken back, or lapses; until then the document can not be deleted', async () => {
  const ada = person(tenantId);
  const holder = ada.principal.userId;
  const id = await storage.store(ada, 'x');
  const [first, second] = [newId(), newId()];
  expect(await reserve(holder, first, [id])).toBeNull();
  const deletion = 'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }';
  expect(codeOf(await storage.ask(ada, deletion, { id }))).toBe('CONFLICT');
  await release(first);
  expect(await reserve(holder, second, [id])).toBeNull();
  await storage.database.pool.query(
    "update document set reserved_until = now() - interval '1 second' where id = $1",
    [id],
  );
  const third = newId();
  expect(await reserve(holder, third, [id])).toBeNull();
  await created(second, [id]);
  await created(third, [id]);
  await expect.poll(() => ownerOf(id)).toBe(third);
});

test('documents that nobody set aside are not given away by an event', async () => {
  const ada = person(tenantId);
  const id = await storage.store(ada, 'x');
  const marker = await storage.store(ada, 'marker');
  const newcomer = newId();
  await reserve(ada.principal.userId, newcomer, [marker]);
  await created(newcomer, [id, marker]);
  await expect.poll(() => ownerOf(marker)).toBe(newcomer);
  expect(await ownerOf(id)).toBe(ada.principal.userId);
});

test('only services may ask for it', async () => {
  const answer = await storage.ask(person(tenantId), 'mutation { releaseDocuments(forUserId: "x") }');
  expect(codeOf(answer)).toBe('FORBIDDEN');
});
