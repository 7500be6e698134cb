import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person, startStorage, type TestStorage } from './harness.ts';

let storage: TestStorage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const listDocument = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: DocumentFilter) {
  documents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    nodes { id name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const ofUser = `query ($id: ID!) {
  _entities(representations: [{ __typename: "User", id: $id }]) { ... on User { documents { nodes { id } } } }
}`;
const byReference = `query ($id: ID!) {
  _entities(representations: [{ __typename: "Document", id: $id }]) { ... on Document { name downloadUrl } }
}`;
const deletion = 'mutation ($id: ID!) { deleteDocument(input: { documentId: $id }) { documentId } }';
const codeOf = (answer: { errors?: { extensions: { code: string } }[] }) =>
  answer.errors?.[0]?.extensions.code;

test('documents are listed newest first, page by page, both ways', async () => {
  const ada = person(newId());
  for (const name of ['1', '2', '3', '4', '5']) await storage.store(ada, name, { name });
  const page = async (args: object) => {
    const { nodes, pageInfo } = (await storage.ask(ada, listDocument, { ...args })).data.documents;
    return { names: nodes.map(({ name }: { name: string }) => name).join(''), ...pageInfo };
  };
  const first = await page({ first: 2 });
  expect(first).toMatchObject({ names: '54', hasNextPage: true, hasPreviousPage: false });
  const second = await page({ first: 2, after: first.endCursor });
  expect(second).toMatchObject({ names: '32', hasNextPage: true });
  expect(await page({ first: 2, after: second.endCursor })).toMatchObject({ names: '1', hasNextPage: false });
  expect(await page({ last: 2, before: second.endCursor })).toMatchObject({
    names: '43',
    hasPreviousPage: true,
  });
  expect(codeOf(await storage.ask(ada, listDocument, { first: 101 }))).toBe('BAD_USER_INPUT');
  expect(codeOf(await storage.ask(ada, listDocument, { first: 1, after: 'nonsense' }))).toBe(
    'BAD_USER_INPUT',
  );
});

test('they are found by kind, tag, name and owner', async () => {
  const ada = person(newId(), ['documents:read']);
  await storage.store(ada, 'x', { name: 'Zeugnis 100%_a.pdf', kind: 'certificate', tags: ['school', 'old'] });
  await storage.store(ada, 'x', { name: 'photo.jpg', kind: 'avatar', tags: ['new'] });
  const names = async (filter: object) =>
    (await storage.ask(ada, listDocument, { filter })).data.documents.nodes.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names({ kind: 'avatar' })).toEqual(['photo.jpg']);
  expect(await names({ tag: 'old' })).toEqual(['Zeugnis 100%_a.pdf']);
  expect(await names({ name: 'PHOTO' })).toEqual(['photo.jpg']);
  expect(await names({ name: '%_a' })).toEqual(['Zeugnis 100%_a.pdf']);
  expect(await names({ name: "'; drop table document; --" })).toEqual([]);
  expect(await names({ ownerId: newId() })).toEqual([]);
  expect(await names({ ownerId: ada.principal.userId })).toHaveLength(2);
});

test('others see a document with documents:read and of the same tenant only', async () => {
  const tenant = newId();
  const ada = person(tenant);
  const colleague = person(tenant);
  const reader = person(tenant, ['documents:read']);
  const stranger = person(newId(), ['documents:read', 'documents:delete']);
  const id = await storage.store(ada, 'secret');
  const owner = ada.principal.userId;

  const seenBy = async (who: typeof ada) => ({
    single:
      (await storage.ask(who, 'query ($id: ID!) { document(id: $id) { id } }', { id })).data.document !==
      null,
    listed: (await storage.ask(who, listDocument)).data.documents.nodes.length,
    ofUser: (await storage.ask(who, ofUser, { id: owner })).data._entities[0].documents?.nodes.length ?? null,
    referenced: (await storage.ask(who, byReference, { id })).data._entities[0] !== null,
  });
  expect(await seenBy(ada)).toEqual({ single: true, listed: 1, ofUser: 1, referenced: true });
  expect(await seenBy(reader)).toEqual({ single: true, listed: 1, ofUser: 1, referenced: true });
  expect(await seenBy(colleague)).toEqual({ single: false, listed: 0, ofUser: null, referenced: false });
  expect(await seenBy(stranger)).toEqual({ single: false, listed: 0, ofUser: 0, referenced: false });

  expect(codeOf(await storage.ask(colleague, deletion, { id }))).toBe('NOT_FOUND');
  expect(codeOf(await storage.ask(stranger, deletion, { id }))).toBe('NOT_FOUND');
  expect(codeOf(await storage.ask(reader, deletion, { id }))).toBe('FORBIDDEN');
  expect((await storage.ask(ada, 'query { document(id: "no id") { id } }')).data.document).toBeNull();
});

test('nobody anonymous, and nobody without documents:create, uploads', async () => {
  const anonymous = { ...person(newId()), principal: null };
  const idle = person(newId());
  const create = 'mutation { createUpload(input: { name: "a", size: 1 }) { documentId } }';
  expect(codeOf(await storage.ask(anonymous, create))).toBe('UNAUTHENTICATED');
  expect(codeOf(await storage.ask(anonymous, listDocument))).toBe('UNAUTHENTICATED');
  const without = { ...idle, principal: { ...idle.principal, permissions: [] } };
  expect(codeOf(await storage.ask(without, create))).toBe('FORBIDDEN');
});

test('a document that was only announced is not there yet', async () => {
  const ada = person(newId());
  const { documentId: id } = await storage.announce(ada, { name: 'later', size: 5 });
  expect((await storage.ask(ada, listDocument)).data.documents.nodes).toEqual([]);
  expect((await storage.ask(ada, byReference, { id })).data._entities).toEqual([null]);
  expect((await storage.ask(ada, deletion, { id })).data.deleteDocument.documentId).toBe(id);
});

test('names and other fields that break a rule are refused, and named', async () => {
  const ada = person(newId());
  const broken = async (input: object) => {
    const { errors } = await storage.ask(
      ada,
      'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId } }',
      { input: { name: 'a', size: 1, ...input } },
    );
    const { code, fields } = (errors?.[0]?.extensions ?? {}) as {
      code?: string;
      fields?: { path: string }[];
    };
    return [code, ...(fields ?? []).map(({ path }) => path)];
  };
  const names = [
    '',
    '  ',
    '..',
    'a/b',
    'a\\b',
    'a\u0000',
    'a\r\nb',
    'a\u202egpj.exe',
    'x'.repeat(256),
    '\ud800',
  ];
  for (const name of names)
    expect(await broken({ name }), JSON.stringify(name)).toEqual(['BAD_USER_INPUT', 'name']);
  for (const size of [0, -1, 1.5, 536_870_913]) {
    expect(await broken({ size }), String(size)).toEqual(['BAD_USER_INPUT', 'size']);
  }
  expect(await broken({ sha256: 'abc' })).toEqual(['BAD_USER_INPUT', 'sha256']);
  expect(await broken({ kind: 'Not a word' })).toEqual(['BAD_USER_INPUT', 'kind']);
  expect(await broken({ tags: Array(21).fill('x') })).toEqual(['BAD_USER_INPUT', 'tags']);
  expect((await storage.announce(ada, { name: 'Ünï 👩‍🚀 code.pdf', size: 1 })).documentId).toBeTruthy();
});

test('quota and number of open uploads are bounded, also for announcements at once', async () => {
  const bounded = await startStorage({ userQuotaBytes: 100, maxOpenUploads: 5 });
  const ada = person(newId());
  const bob = person(ada.principal.tenantId);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => bounded.announce(ada, { name: 'x', size: 30 })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (let i = 0; i < 5; i++) await bounded.announce(bob, { name: 'x', size: 1 });
  await expect(bounded.announce(bob, { name: 'x', size: 1 })).rejects.toThrow('RATE_LIMITED');
  await bounded.stop();
});
