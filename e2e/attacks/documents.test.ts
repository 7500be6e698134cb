import { createHash } from 'node:crypto';
import { randomText } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, registerAndConfirm } from '../gatehouse.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const named = (hash: string) => ({ persistedQuery: { version: 1, sha256Hash: hash } });
/** A document that nobody has sent before. */
const fresh = (document: string) => `${document} # ${randomText()}`;

const send = async (body: unknown, as = anyone) => {
  const { data, errors, status, headers } = await as.post(JSON.stringify(body));
  return { data, errors, status, headers, code: errors[0]?.extensions.code };
};

test('a persisted query can’t be poisoned', async () => {
  const victim = await registerAndConfirm();
  const query = fresh('{ me { email } }');
  const evil = fresh('mutation { logout }');
  const extensions = named(sha256(query));
  expect(await send({ extensions })).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND', status: 200 });
  for (const text of [evil, `${query} `, query.slice(0, -1), query.replace('email', 'EMAIL')])
    expect(await send({ query: text, extensions })).toMatchObject({ code: 'BAD_REQUEST', status: 400 });
  expect(await send({ query: evil, documentId: `sha256:${sha256(query)}` })).toMatchObject({
    code: 'BAD_REQUEST',
  });
  expect((await send({ extensions }, victim.client)).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  await send({ query, extensions });
  expect((await send({ extensions }, victim.client)).data).toEqual({ me: { email: victim.email } });
});

test('another’s registered document runs with one’s own rights', async () => {
  const admin = await administrator();
  const query = fresh('{ users(first: 1) { nodes { email } } }');
  const extensions = named(sha256(query));
  expect((await send({ query, extensions }, admin.client)).code).toBeUndefined();
  const member = await registerAndConfirm();
  expect((await send({ extensions }, member.client)).code).toBe('FORBIDDEN');
  expect((await send({ extensions })).code).toBe('UNAUTHENTICATED');
});

test('an explorer’s documents show a stranger nothing of the schema', async () => {
  const admin = await administrator();
  const query = fresh('{ __schema { types { name } } }');
  const extensions = named(sha256(query));
  expect((await send({ query, extensions }, admin.client)).code).toBeUndefined();
  const { data, errors } = await send({ extensions });
  expect(data).toBeNull();
  expect(JSON.stringify(errors)).not.toMatch(/SecurityEvent|LoginInput/);
  const misspelt = fresh('{ securityEvent { id } }');
  const guess = await send({ query: misspelt, extensions: named(sha256(misspelt)) });
  expect(JSON.stringify(guess.errors)).not.toContain('securityEvents');
});

const pages = 'users(first: 100) { nodes { sessions(first: 100) { nodes { id } } } }';
const huge = 2_147_483_647;

test.each([
  ['nested lists', `{ ${pages} }`, {}],
  ['a huge page', `{ users(first: ${huge}) { nodes { id } } }`, {}],
  ['a huge page from the end', `{ users(last: ${huge}) { nodes { id } } }`, {}],
  ['a huge page beside a small one', `{ users(first: 1, last: ${huge}) { nodes { id } } }`, {}],
  ['a huge page by variable', 'query ($n: Int) { users(first: $n) { nodes { id } } }', { n: huge }],
  ['a huge page by default', `query ($n: Int = ${huge}) { users(first: $n) { nodes { id } } }`, {}],
  ['edges for nodes', `{ ${pages.replaceAll('nodes { id }', 'edges { node { id } }')} }`, {}],
  [
    'fragments in fragments',
    `{ ...A } fragment A on Query { users(first: 100) { ...B } }
     fragment B on UserConnection { nodes { ...C } } fragment C on User { sessions(first: 100) { nodes { id } } }`,
    {},
  ],
  [
    'aliases',
    `{ ${Array.from({ length: 12 }, (_, n) => `a${n}: users(first: 100) { nodes { roles { permissions { id } } } }`).join(' ')} }`,
    {},
  ],
  [
    'negative pages among others',
    `{ a: users(first: -1000000) { nodes { id } } ${pages} b: users(last: -1000000) { nodes { id } } }`,
    {},
  ],
  [
    'what is included by variable',
    `query ($yes: Boolean!) { ...A @include(if: $yes) } fragment A on Query { ${pages} }`,
    { yes: true },
  ],
  [
    'password hashing by the dozen',
    `mutation { ${Array.from({ length: 20 }, (_, n) => `a${n}: login(input: { identifier: "a", password: "b${n}" }) { __typename }`).join(' ')} }`,
    {},
  ],
])('cost is not hidden by %s', async (_, query, variables) => {
  const { code, data, errors } = await send({ query, variables });
  expect(code).toBe('OPERATION_TOO_COMPLEX');
  expect(data).toBeNull();
  expect(errors[0]?.extensions).toMatchObject({ limit: 10_000, cost: expect.any(Number) });
});

test('a list of operations is refused', async () => {
  const login = 'mutation { login(input: { identifier: "a", password: "b" }) { __typename } }';
  const { status, code } = await send(Array.from({ length: 100 }, () => ({ query: login })));
  expect([status, code]).toEqual([400, 'BAD_REQUEST']);
});
