import { createHash, randomBytes } from 'node:crypto';
import { type GatehouseClient, uploadDocument } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, registerAndConfirm } from '../gatehouse.ts';

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);

test('a document is uploaded once, typed by its content, and downloaded whole and in parts', async () => {
  const ada = await registerAndConfirm();
  const content = Buffer.concat([pixel, randomBytes(300_000)]);
  const id = await uploadDocument(ada.client, { name: 'holiday.pdf', content, tags: ['2026'] });

  const document = await documentOf(ada.client, id);
  expect(document).toEqual({
    name: 'holiday.pdf',
    kind: 'document',
    tags: ['2026'],
    contentType: 'image/png',
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    owner: { email: ada.email },
    downloadUrl: expect.stringContaining('/storage/'),
  });

  const whole = await anyone.fetch(document.downloadUrl);
  expect(whole.status).toBe(200);
  expect(whole.headers.get('content-type')).toBe('image/png');
  expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
  expect(whole.headers.get('content-disposition')).toContain('holiday.pdf');
  expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);

  const head = await anyone.fetch(document.downloadUrl, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(content.length));
  expect(head.headers.get('accept-ranges')).toBe('bytes');
  for (const [range, from, to] of [
    ['bytes=0-9', 0, 10],
    ['bytes=299990-', 299_990, content.length],
    ['bytes=-10', content.length - 10, content.length],
    [`bytes=262140-262150`, 262_140, 262_151],
  ] as const) {
    const part = await anyone.fetch(document.downloadUrl, { headers: { range } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${content.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(from, to))).toBe(true);
  }
  const beyond = await anyone.fetch(document.downloadUrl, { headers: { range: 'bytes=900000-' } });
  expect(beyond.status).toBe(416);
  await beyond.text();
});

test('an upload must be what was announced, and a URL what was signed', async () => {
  const ada = await registerAndConfirm();
  const bytes = Buffer.from('exactly this');
  const announce = async (announced: { size: number; sha256?: string }) => {
    const { createUpload } = await ada.client.ask<Upload>(create, { input: { name: 'a.txt', ...announced } });
    return createUpload;
  };
  const put = async (url: string, body: Buffer) => {
    const response = await anyone.fetch(url, { method: 'PUT', body });
    await response.text();
    return response.status;
  };
  const sha256 = createHash('sha256').update(bytes).digest('hex');

  const short = await announce({ size: bytes.length + 1 });
  expect(await put(short.uploadUrl, bytes)).toBe(400);
  const long = await announce({ size: bytes.length - 1 });
  expect(await put(long.uploadUrl, bytes)).toBeOneOf([400, 413]);
  const other = await announce({
    size: bytes.length,
    sha256: sha256.replace(/^./, sha256[0] === 'a' ? 'b' : 'a'),
  });
  expect(await put(other.uploadUrl, bytes)).toBeOneOf([400, 422]);
  const forged = await announce({ size: bytes.length });
  expect(
    await put(
      forged.uploadUrl.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      bytes,
    ),
  ).toBeOneOf([401, 403, 404]);
  for (const { documentId } of [short, long, other, forged]) {
    expect(await ada.client.ask('query ($id: ID!) { document(id: $id) { id } }', { id: documentId })).toEqual(
      {
        document: null,
      },
    );
  }
  const good = await announce({ size: bytes.length, sha256 });
  expect(await put(good.uploadUrl, bytes)).toBeOneOf([200, 201, 204]);
  expect(await put(good.uploadUrl, bytes)).toBeOneOf([403, 404, 409, 410]);
});

test('only the owner and those who may read others’ documents see one; a deleted one is gone', async () => {
  const [ada, mallory] = [await registerAndConfirm(), await registerAndConfirm()];
  const id = await uploadDocument(ada.client, { name: 'secret plan.txt', content: 'to the moon' });
  const { downloadUrl } = await documentOf(ada.client, id);
  const find = 'query ($id: ID!) { document(id: $id) { name } }';
  expect(await mallory.client.ask(find, { id })).toEqual({ document: null });
  expect(await anyone.refusal(find, { id })).toBe('UNAUTHENTICATED');
  expect(await mallory.client.ask('{ documents(first: 5) { nodes { id } } }')).toEqual({
    documents: { nodes: [] },
  });
  const admin = await administrator();
  expect(
    await admin.client.ask(
      'query ($id: ID!) { user(id: $id) { documents(first: 5, filter: { name: "plan" }) { nodes { id } } } }',
      { id: ada.id },
    ),
  ).toEqual({ user: { documents: { nodes: [{ id }] } } });

  const remove = 'mutation ($input: DeleteDocumentInput!) { deleteDocument(input: $input) { documentId } }';
  expect(await mallory.client.refusal(remove, { input: { documentId: id } })).toBe('NOT_FOUND');
  expect(await ada.client.ask(remove, { input: { documentId: id } })).toEqual({
    deleteDocument: { documentId: id },
  });
  expect(await ada.client.ask(find, { id })).toEqual({ document: null });
  const gone = await anyone.fetch(downloadUrl);
  expect(gone.status).toBeOneOf([404, 410]);
  await gone.text();
});

test('documents are paged and filtered', async () => {
  const ada = await registerAndConfirm();
  const ids: string[] = [];
  for (const name of ['one.txt', 'two.txt', 'three.txt', 'four.txt']) {
    ids.unshift(
      await uploadDocument(ada.client, {
        name,
        content: name,
        kind: name === 'two.txt' ? 'second' : undefined,
      }),
    );
  }
  const page = async (variables: Record<string, unknown>) =>
    (await ada.client.ask<Page>(list, variables)).documents;
  const first = await page({ first: 3 });
  expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  expect(first.pageInfo.hasNextPage).toBe(true);
  const rest = await page({ first: 3, after: first.pageInfo.endCursor });
  expect(rest.nodes.map(({ id }) => id)).toEqual(ids.slice(3));
  expect(rest.pageInfo.hasNextPage).toBe(false);
  expect((await page({ filter: { kind: 'second' } })).nodes).toEqual([{ id: ids[2] }]);
});

type Document = { downloadUrl: string; [field: string]: unknown };
type Upload = { createUpload: { documentId: string; uploadUrl: string } };
type Page = { documents: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };

const create =
  'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }';
const list = `query ($first: Int, $after: String, $filter: DocumentFilter) {
  documents(first: $first, after: $after, filter: $filter) { nodes { id } pageInfo { hasNextPage endCursor } }
}`;

async function documentOf(client: GatehouseClient, id: string): Promise<Document> {
  const { document } = await client.ask<{ document: Document }>(
    `query ($id: ID!) {
      document(id: $id) { name kind tags contentType size sha256 downloadUrl owner { email } }
    }`,
    { id },
  );
  return document;
}
