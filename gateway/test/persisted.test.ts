import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway, type TestError, type TestGateway } from './harness/gateway.ts';
import { listen, transports } from './harness/stream-clients.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const named = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } });
const stored = (text: string) => gateway.keyValue.values.get(`persisted-document:${sha256(text)}`);

let count = 0;
/** A document that nobody has sent yet. */
const fresh = (document = '{ hello }') => `${document} # ${count++}`;

type Answer = { data?: unknown; errors?: TestError[] };
const send = async (body: unknown, on: TestGateway = gateway) => {
  const response = await on.post(body);
  return { status: response.status, ...((await response.json()) as Answer) };
};
const codeOf = async (body: unknown) => (await send(body)).errors?.[0]?.extensions.code;

describe('an automatic persisted query', () => {
  it('is unknown, then registered, then known', async () => {
    const query = fresh();
    const extensions = named(sha256(query));
    expect(await send({ extensions })).toEqual({
      status: 200,
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    const data = { hello: 'Hello you' };
    expect(await send({ query, extensions })).toEqual({ status: 200, data });
    expect(await send({ extensions })).toEqual({ status: 200, data });
    expect(await send({ query: '', extensions })).toEqual({ status: 200, data });
  });

  it('takes variables and an operation name', async () => {
    const query = fresh('query A($n: String) { hello(name: $n) } query B { unread }');
    const extensions = named(sha256(query));
    await send({ query, extensions, operationName: 'A' });
    expect((await send({ extensions, operationName: 'A', variables: { n: 'Ada' } })).data).toEqual({
      hello: 'Hello Ada',
    });
    expect((await send({ extensions, operationName: 'B' })).data).toEqual({ unread: 3 });
  });

  it('works by GET, but for mutations', async () => {
    const get = async (search: Record<string, string>) => {
      const response = await fetch(`${gateway.url}/graphql?${new URLSearchParams(search)}`, {
        headers: { 'x-gatehouse-csrf': '1' },
      });
      return { status: response.status, text: await response.text() };
    };
    const query = fresh();
    const extensions = JSON.stringify(named(sha256(query)));
    expect(await get({ extensions })).toMatchObject({
      status: 200,
      text: expect.stringContaining('NotFound'),
    });
    expect(await get({ extensions, query })).toMatchObject({ text: '{"data":{"hello":"Hello you"}}' });
    expect(await get({ extensions })).toMatchObject({ text: '{"data":{"hello":"Hello you"}}' });
    expect(await get({ documentId: `sha256:${sha256(query)}` })).toMatchObject({ status: 200 });
    const mutation = fresh('mutation { count }');
    await send({ query: mutation, extensions: named(sha256(mutation)) });
    expect((await get({ extensions: JSON.stringify(named(sha256(mutation))) })).status).toBe(405);
    expect((await send({ extensions: named(sha256(mutation)) })).data).toEqual({ count: expect.any(Number) });
  });

  it.each(transports)('works for subscriptions over %s', async (transport) => {
    const query = fresh('subscription { ticks(every: 1) { n } }');
    const extensions = named(sha256(query));
    const unknown = listen(gateway, transport, { query: '', extensions });
    const [refusal] = (await unknown.event(0)).errors ?? [];
    expect(refusal).toMatchObject({
      message: 'PersistedQueryNotFound',
      extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
    });
    unknown.stop();
    for (const text of [query, '']) {
      const stream = listen(gateway, transport, { query: text, extensions });
      expect((await stream.event(0)).data).toEqual({ ticks: { n: 1 } });
      stream.stop();
    }
  });

  it('is answered by another gateway that shares the store', async () => {
    const query = fresh();
    await send({ query, extensions: named(sha256(query)) });
    const other = await startGateway();
    other.keyValue.values.set(`persisted-document:${sha256(query)}`, stored(query) ?? '');
    expect((await send({ extensions: named(sha256(query)) }, other)).data).toEqual({ hello: 'Hello you' });
    await other.stop();
  });

  it('once known, is neither hashed nor looked up again', async () => {
    const query = fresh();
    const extensions = named(sha256(query));
    await send({ query, extensions });
    const asked = vi.spyOn(gateway.keyValue, 'get');
    for (let n = 0; n < 3; n++) {
      await send({ extensions });
      await send({ query, extensions });
    }
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });

  it('is refused in another version', async () => {
    for (const version of [2, '1', undefined, null])
      expect(await codeOf({ extensions: { persistedQuery: { version, sha256Hash: sha256('x') } } })).toBe(
        'PERSISTED_QUERY_NOT_SUPPORTED',
      );
  });

  it.each([1, null, {}, '', ' ', `${'a'.repeat(63)}/`, '../x', 'x'.repeat(300)])(
    'is refused with a hash like %j',
    async (hash) => {
      expect(await codeOf({ extensions: { persistedQuery: { version: 1, sha256Hash: hash } } })).toBe(
        'BAD_REQUEST',
      );
    },
  );
});

describe('what is not kept', () => {
  it('a text under another hash, in either form', async () => {
    const [good, evil] = [fresh(), fresh('{ unread }')];
    for (const body of [
      { query: evil, extensions: named(sha256(good)) },
      { query: evil, extensions: named(sha256(evil).toUpperCase()) },
      { query: evil, documentId: `sha256:${sha256(good)}` },
    ])
      expect(await send(body)).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'BAD_REQUEST' } }],
      });
    expect(await codeOf({ extensions: named(sha256(good)) })).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(stored(good)).toBeUndefined();
  });

  it.each([
    ['has no syntax', '{ hello'],
    ['does not fit', '{ nothing }'],
    ['is too complex', `{ ${'hello '.repeat(30)} }`],
    ['asks for the schema', '{ __schema { description } }'],
  ])('a document that %s', async (_, document) => {
    const query = fresh(document);
    expect((await send({ query, extensions: named(sha256(query)) })).errors).toBeDefined();
    expect(await codeOf({ extensions: named(sha256(query)) })).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('a long document', async () => {
    const query = `{ hello } # ${'x'.repeat(40_000)}`;
    expect((await send({ query, extensions: named(sha256(query)) })).data).toBeDefined();
    expect(stored(query)).toBeUndefined();
  });

  it('what somebody has put into the store', async () => {
    const [good, evil] = [fresh(), fresh('{ unread }')];
    gateway.keyValue.values.set(`persisted-document:${sha256(good)}`, evil);
    expect(await codeOf({ extensions: named(sha256(good)) })).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('the schema, for those who may not see it, when an explorer has registered the question', async () => {
    const { token } = await gateway.provider.signIn(['graph:explore']);
    const query = fresh('{ __schema { description } }');
    const extensions = named(sha256(query));
    const explored = await gateway.post({ query, extensions }, { authorization: `Bearer ${token}` });
    expect(await explored.text()).toContain('"data"');
    expect(await codeOf({ extensions })).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

it('a store that is lost, or does not answer, is only a miss', async () => {
  const query = fresh();
  const extensions = named(sha256(query));
  const get = vi.spyOn(gateway.keyValue, 'get').mockRejectedValue(new Error('gone'));
  const set = vi.spyOn(gateway.keyValue, 'set').mockRejectedValue(new Error('gone'));
  expect(await codeOf({ extensions })).toBe('PERSISTED_QUERY_NOT_FOUND');
  get.mockImplementation(() => sleep(5_000, undefined, { ref: false }) as never);
  const started = Date.now();
  expect(await codeOf({ extensions })).toBe('PERSISTED_QUERY_NOT_FOUND');
  expect(Date.now() - started).toBeLessThan(4_500);
  expect((await send({ query, extensions })).data).toBeDefined();
  expect((await send({ extensions })).data).toBeDefined();
  get.mockRestore();
  set.mockRestore();
});

it('documentId names a document as the hash does', async () => {
  const query = fresh();
  const hash = sha256(query);
  expect(await codeOf({ documentId: `sha256:${hash}` })).toBe('PERSISTED_QUERY_NOT_FOUND');
  await send({ query, documentId: `sha256:${hash}` });
  for (const documentId of [`sha256:${hash}`, hash])
    expect((await send({ documentId })).data).toEqual({ hello: 'Hello you' });
  expect(await codeOf({ documentId: 'some-client:v1' })).toBe('PERSISTED_QUERY_NOT_FOUND');
  for (const documentId of [1, {}, '', 'sha256:', `sha256:${hash}0`, 'a b'])
    expect(await codeOf({ documentId })).toBe('BAD_REQUEST');
  expect(await codeOf({ documentId: hash, extensions: named(sha256('other')) })).toBe('BAD_REQUEST');
});
