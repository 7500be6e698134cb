import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const codeOf = async (query: string, token?: string) => {
  const { errors } = await gateway.query(query, { token });
  return errors?.[0]?.extensions.code;
};
const repeat = (times: number, part: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => part(n)).join(' ');
const nested = (depth: number, inner: string) => `${'friend { '.repeat(depth)}${inner}${' }'.repeat(depth)}`;

describe('a document', () => {
  it.each([
    ['of 16 levels', `{ users(count: 1) { ${nested(14, 'id')} } }`],
    ['of 5,000 levels', `{ users(count: 1) { ${nested(5_000, 'id')} } }`],
    ['with 31 aliases', `{ users(count: 1) { ${repeat(31, (n) => `a${n}: id`)} } }`],
    ['with 21 root fields', `{ ${repeat(21, () => 'hello')} }`],
    ['with 31 directives', `{ hello ${repeat(31, () => '@skip(if: false)')} }`],
    ['of more than 3,000 tokens', `{ hello ${repeat(3_000, () => 'hello')} }`],
    [
      'whose fragments double at every level',
      `{ users(count: 1) { ...F0 } } ${repeat(25, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)} fragment F25 on User { id }`,
    ],
    [
      'whose aliases hide in fragments',
      `{ a: hello ...F ...F } fragment F on Query { ${repeat(16, (n) => `b${n}: hello`)} }`,
    ],
    ['of nested list literals', `{ hello(tags: ${'['.repeat(4_000)}`],
  ])('%s is too complex', async (_name, query) => {
    const started = Date.now();
    expect(await codeOf(query)).toBe('OPERATION_TOO_COMPLEX');
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it('within the limits is not', async () => {
    expect(await codeOf(`{ users(count: 1) { ${nested(12, 'id')} } }`)).toBeUndefined();
    expect(await codeOf(`{ ${repeat(20, (n) => `a${n}: hello`)} }`)).toBeUndefined();
  });

  it('with a cycle of fragments is refused by validation', async () => {
    expect(await codeOf('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });

  it.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['query A { hello } query B { hello }', 'OPERATION_RESOLUTION_FAILURE'],
    ['fragment A on Query { hello }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($n: Int!) { hello(name: "x") }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($n: Int!) { users(count: $n) { id } }', 'BAD_USER_INPUT'],
  ])('%s is refused with %s', async (query, code) => {
    expect(await codeOf(query)).toBe(code);
  });

  it('is picked by operationName', async () => {
    const query = 'query A { hello(name: "A") } query B { hello(name: "B") }';
    const answer = await gateway.post({ query, operationName: 'B' });
    expect(await answer.json()).toEqual({ data: { hello: 'Hello B' } });
    const unknown = await gateway.post({ query, operationName: 'C' });
    expect(await unknown.text()).toContain('OPERATION_RESOLUTION_FAILURE');
  });
});

it('variables nest only so deep', async () => {
  const tags = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const answer = await gateway.post(
    `{"query":"query ($tags: [String!]) { hello(tags: $tags) }","variables":{"tags":${tags}}}`,
  );
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('BAD_REQUEST')]);
});

describe('the schema', () => {
  const misspelt = '{ helo user(idd: 1) { emale } } query ($x: RenameInpt) { hello }';

  it('is shown to those who may explore it', async () => {
    const { token } = await gateway.provider.signIn(['graph:explore']);
    const query = getIntrospectionQuery({
      specifiedByUrl: true,
      inputValueDeprecation: true,
      schemaDescription: true,
    });
    const { data, errors } = await gateway.query(query, { token });
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toContain('securityEvents');
    expect(JSON.stringify(data)).not.toContain('secretDoor');
    expect(JSON.stringify(data)).not.toContain('_entities');
    const { errors: problems } = await gateway.query(misspelt, { token });
    expect(JSON.stringify(problems)).toContain('Did you mean');
  });

  it('is not shown to others, not even after somebody saw it with the same document', async () => {
    const explorer = await gateway.provider.signIn(['graph:explore']);
    const { token } = await gateway.provider.signIn(['users:read']);
    const queries = [
      '{ __schema { types { name } } }',
      '{ hello ...F } fragment F on Query { x: __schema { description } }',
    ];
    for (const query of queries) {
      expect(await codeOf(query, explorer.token)).toBeUndefined();
      for (const one of [undefined, token])
        expect(await codeOf(query, one)).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    const type = '{ __type(name: "User") { name fields { name } } }';
    expect((await gateway.query(type, { token: explorer.token })).data).toMatchObject({
      __type: { name: 'User' },
    });
    expect(await gateway.query(type, { token })).toEqual({ data: { __type: null } });
    expect(await gateway.query('{ __typename hello }', { token })).toMatchObject({
      data: { __typename: 'Query' },
    });
  });

  it('is not guessed from messages', async () => {
    const { errors } = await gateway.query(misspelt);
    expect(errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain('Did you mean');
    const variables = { input: { id: '1', nam: 'x' } };
    const query = 'mutation ($input: RenameInput!) { rename(input: $input) { id } }';
    const coerced = await gateway.query(query, { variables });
    expect(coerced.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(JSON.stringify(coerced)).not.toContain('Did you mean');
  });
});
