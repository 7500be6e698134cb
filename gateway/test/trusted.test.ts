import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartupError } from '@gatehouse/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resetPassword } from '../src/pages/assets/documents.js';
import { startGateway, type TestError, type TestGateway } from './harness/gateway.ts';
import { listen } from './harness/stream-clients.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const greeting = 'query Greeting($name: String) { hello(name: $name) }';
const ticks = 'subscription Ticks { ticks(every: 1) { n } }';
const unread = '{ unread }';

let folder: string;
let files = 0;
const write = async (content: unknown) => {
  const path = join(folder, `manifest-${files++}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const apollo = (...bodies: string[]) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: bodies.map((body) => ({ id: sha256(body), name: 'x', type: 'query', body })),
});

let gateway: TestGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-trusted-'));
  const paths = [await write(apollo(greeting, ticks)), await write({ 'client-7': unread })];
  gateway = await startGateway({ config: { trustedDocuments: paths, operations: 'trusted' } });
});
afterAll(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true });
});

const send = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await gateway.post(body, headers);
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: TestError[] };
  return { status: response.status, data, code: errors?.[0]?.extensions.code, errors };
};
const named = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const refused = { status: 403, data: undefined, code: 'OPERATION_NOT_TRUSTED' };

describe('where only trusted documents run', () => {
  it('they run, by hash, by id and by their very text', async () => {
    const data = { hello: 'Hello Ada' };
    const variables = { name: 'Ada' };
    for (const body of [
      { extensions: named(sha256(greeting)) },
      { documentId: `sha256:${sha256(greeting)}` },
      { documentId: sha256(greeting) },
      { query: greeting },
      { query: greeting, extensions: named(sha256(greeting)) },
    ])
      expect(await send({ ...body, variables })).toMatchObject({ status: 200, data });
    expect((await send({ documentId: 'client-7' })).data).toEqual({ unread: 3 });
    const stream = listen(gateway, 'websocket', { query: '', extensions: named(sha256(ticks)) });
    expect((await stream.event(0)).data).toEqual({ ticks: { n: 1 } });
    stream.stop();
  });

  it.each([
    ['a text', { query: '{ hello }' }],
    ['a trusted text with a space more', { query: `${greeting} ` }],
    ['an unknown hash', { extensions: named(sha256('{ hello }')) }],
    ['an unknown id', { documentId: 'client-8' }],
    ['a registration', { query: '{ hello }', extensions: named(sha256('{ hello }')) }],
    ['another text under a trusted hash', { query: '{ hello }', extensions: named(sha256(greeting)) }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    ['a misspelt field', { query: '{ helo }' }],
    ['no GraphQL at all', { query: '{' }],
  ])('%s is refused, by everybody, in the same words', async (_, body) => {
    const { token } = await gateway.provider.signIn(['graph:explore']);
    const anonymous = await send(body);
    expect(anonymous).toMatchObject(refused);
    expect(await send(body, { authorization: `Bearer ${token}` })).toEqual(anonymous);
    expect(anonymous.errors).toEqual([
      { message: 'Only documents of the manifests are executed here.', extensions: { code: refused.code } },
    ]);
  });

  it('over a socket, too', async () => {
    const stream = listen(gateway, 'websocket', { query: 'subscription { ticks(every: 1) { n padding } }' });
    expect((await stream.event(0)).errors?.[0]?.extensions.code).toBe('OPERATION_NOT_TRUSTED');
    stream.stop();
  });

  it('what the shared store holds does not', async () => {
    gateway.keyValue.values.set(`persisted-document:${sha256('{ hello }')}`, '{ hello }');
    expect(await send({ extensions: named(sha256('{ hello }')) })).toMatchObject(refused);
  });

  it('the gateway’s own pages work', async () => {
    // These subgraphs know no such field, so it gets as far as validation.
    expect((await send({ query: resetPassword })).code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

it('where any document runs, trusted ones need no registration', async () => {
  const trustedDocuments = [await write(apollo(greeting))];
  const open = await startGateway({ config: { trustedDocuments } });
  const answer = await open.post({ extensions: named(sha256(greeting)) });
  expect(await answer.json()).toEqual({ data: { hello: 'Hello you' } });
  expect((await open.query('{ unread }')).data).toEqual({ unread: 3 });
  await open.stop();
});

describe('a gateway does not start over a manifest', () => {
  const start = async (...paths: string[]) => {
    const error = await startGateway({ config: { trustedDocuments: paths } }).then(
      async (started) => void (await started.stop()),
      (problem: Error) => problem,
    );
    expect(error).toBeInstanceOf(StartupError);
    expect(error?.message).not.toContain('\n');
    return error?.message;
  };

  it('that is not there', async () => {
    expect(await start(join(folder, 'none.json'))).toMatch(/none\.json can't be read/);
  });

  it.each([
    ['that is not JSON', '{', /can't be read/],
    [
      'in another format',
      { format: 'apollo-persisted-query-manifest', version: 2, operations: [] },
      /neither/,
    ],
    ['of something else', ['x'], /neither/],
    ['with a wrong hash', { [sha256('a')]: unread }, /another SHA-256/],
    ['with broken syntax', apollo('query Broken { hello'), /Broken does not hold: Syntax Error/],
    ['of another schema', apollo('query Old { gone }'), /Old does not hold: Cannot query field "gone"/],
    ['of too complex a document', apollo(`{ ${'hello '.repeat(30)} }`), /root fields/],
  ])('%s', async (_, content, problem) => {
    expect(await start(await write(content))).toMatch(problem);
  });

  it('that gives an id to a second document', async () => {
    expect(await start(await write({ one: unread }), await write({ one: greeting }))).toMatch(
      /second document/,
    );
  });
});
