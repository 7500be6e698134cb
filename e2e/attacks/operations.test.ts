import type { AnswerError } from '@gatehouse/testkit/clients';
import { afterAll, describe, expect, test } from 'vitest';
import { administrator, anyone, gatehouse, registerAndConfirm } from '../gatehouse.ts';

const repeat = (times: number, part: (index: number) => string) =>
  Array.from({ length: times }, (_, index) => part(index)).join(' ');
const nestedInherits = (depth: number) => `${'inherits { '.repeat(depth)}name${' }'.repeat(depth)}`;
const fragmentBomb = (levels: number) =>
  `{ me { ...F0 } } ${repeat(levels, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)}
   fragment F${levels} on User { id }`;

const codeOf = (errors: AnswerError[]) => errors[0]?.extensions.code;

afterAll(async () => {
  expect(await anyone.ask('{ __typename }')).toEqual({ __typename: 'Query' });
});

describe('a document past a limit is refused before it runs:', () => {
  test.each([
    ['60 levels deep', `{ me { roles { ${nestedInherits(60)} } } }`],
    ['a thousand aliases of a field', `{ me { ${repeat(1_000, (i) => `a${i}: email`)} } }`],
    ['a thousand root fields', `{ ${repeat(1_000, (i) => `a${i}: __typename`)} }`],
    [
      'a thousand logins in one request',
      `mutation { ${repeat(1_000, (i) => `a${i}: login(input: { identifier: "a", password: "b${i}" }) { __typename }`)} }`,
    ],
    ['fields repeated without end', `{ me { ${repeat(20_000, () => 'id')} } }`],
    ['a thousand directives', `{ me { id ${repeat(1_000, () => '@include(if: true)')} } }`],
    ['fragments that double at every level', fragmentBomb(30)],
    [
      'deep lists in a literal',
      `{ users(filter: ${'['.repeat(5_000)}${']'.repeat(5_000)}) { nodes { id } } }`,
    ],
  ])('%s', async (_, document) => {
    const started = Date.now();
    const { errors, data } = await anyone.graphql(document);
    expect(codeOf(errors)).toBeOneOf([
      'OPERATION_TOO_COMPLEX',
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
    ]);
    expect(data).toBeNull();
    expect(errors.length).toBeLessThan(20);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('a few logins under aliases are as many attempts, and not many are taken', async () => {
    const attempts = repeat(
      30,
      (i) => `a${i}: login(input: { identifier: "a", password: "b${i}" }) { __typename }`,
    );
    expect(await anyone.refusal(`mutation { ${attempts} }`)).toBe('OPERATION_TOO_COMPLEX');
  });

  test('a cycle of fragments', async () => {
    const document = '{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }';
    expect(await anyone.refusal(document)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('variables nested without end', async () => {
    const depth = 100_000;
    const variables = `{"input":{"identifier":${'['.repeat(depth)}${']'.repeat(depth)},"password":"x"}}`;
    const body = `{"query":${JSON.stringify('mutation ($input: LoginInput!) { login(input: $input) { __typename } }')},"variables":${variables}}`;
    const { errors } = await anyone.post(body);
    expect(codeOf(errors)).toBeOneOf(['BAD_USER_INPUT', 'BAD_REQUEST']);
  });
});

describe('what is not a request is refused with its code:', () => {
  const good = JSON.stringify({ query: '{ __typename }' });
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

  test.each([
    ['nothing', ''],
    ['half of it', good.slice(0, -4)],
    ['null', 'null'],
    ['a list of operations', `[${good},${good}]`],
    ['a string', '"{ __typename }"'],
    ['no query', '{}'],
    ['a query that is a number', '{"query":1}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[1]}'],
    ['variables that are a string', '{"query":"{ __typename }","variables":"{}"}'],
    ['an operation name that is an object', '{"query":"{ __typename }","operationName":{}}'],
    ['bytes that are not UTF-8', bytes('{"query":"{ __typename }","x":"', [0xc3, 0x28, 0xff], '"}')],
    ['UTF-8 cut off inside of a character', bytes('{"query":"{ __typename }","x":"', [0xe2, 0x82], '"}')],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le')],
    ['compressed bytes', bytes([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0])],
  ])('%s', async (_, body) => {
    const { errors, status } = await anyone.post(body);
    expect(codeOf(errors)).toBe('BAD_REQUEST');
    expect(status).toBe(400);
  });

  test('a body past the limit', async () => {
    const body = JSON.stringify({ query: `{ __typename } #${'x'.repeat(8_000_000)}` });
    const answer = await anyone.post(body).catch((error: Error) => error);
    if (answer instanceof Error) return; // The server may hang up on whoever goes on sending.
    expect(codeOf(answer.errors)).toBe('PAYLOAD_TOO_LARGE');
    expect(answer.status).toBe(413);
  });

  test.each([
    ['text/plain', '{"query":"{ __typename }"}'],
    ['application/x-www-form-urlencoded', 'query=%7B__typename%7D'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"qu',
    ],
    ['multipart/form-data', ''],
    ['application/graphql', '{ __typename }'],
    ['application/json; charset=utf-16', '{"query":"{ __typename }"}'],
    ['nonsense', '{"query":"{ __typename }"}'],
  ])('content type %s', async (contentType, body) => {
    const { errors, status, data } = await anyone.post(body, {}, { 'content-type': contentType });
    expect(codeOf(errors)).toBeOneOf(['UNSUPPORTED_MEDIA_TYPE', 'CSRF_PREVENTED']);
    expect(status).toBeOneOf([400, 403, 415]);
    expect(data).toBeNull();
  });

  test.each(['PUT', 'DELETE', 'PATCH'])('method %s', async (method) => {
    const response = await anyone.fetch(`${gatehouse.url}/graphql`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: good,
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    expect(await response.text()).toContain('METHOD_NOT_ALLOWED');
  });

  test('a mutation by GET', async () => {
    const response = await anyone.fetch(`${gatehouse.url}/graphql?query=mutation{logout}`, {
      headers: { accept: 'application/json', 'x-gatehouse-csrf': '1' },
    });
    expect(response.status).toBe(405);
    expect(await response.text()).toContain('METHOD_NOT_ALLOWED');
  });

  test('a GET that any page of the web could make', async () => {
    const response = await anyone.fetch(`${gatehouse.url}/graphql?query={__typename}`, {
      headers: { accept: '*/*' },
    });
    expect(await response.text()).toContain('CSRF_PREVENTED');
  });
});

describe('what does not fit the schema is refused:', () => {
  test.each([
    ['an unknown field', '{ mee { id } }', {}],
    ['an unknown argument', '{ user(id: "1", tenant: "2") { id } }', {}],
    ['a selection that is missing', '{ me }', {}],
    [
      'an unknown input field',
      'mutation { login(input: { identifier: "a", password: "b", admin: true }) { __typename } }',
      {},
    ],
    ['a type that does not fit', '{ users(first: "many") { nodes { id } } }', {}],
    ['a number past 32 bits', '{ users(first: 99999999999) { nodes { id } } }', {}],
    ['an unknown enum value', '{ users(orderBy: PASSWORD) { nodes { id } } }', {}],
    ['a missing argument', 'mutation { login { __typename } }', {}],
    ['several operations without a name', 'query A { __typename } query B { __typename }', {}],
    ['no operation', 'fragment A on User { id }', {}],
    ['broken syntax', '{ me { id }', {}],
    ['a service operation', 'mutation { preparePassword(password: "x") }', {}],
    ['another service operation', '{ tenantByHost(host: "localhost") { id } }', {}],
    ['entities', '{ _entities(representations: []) { __typename } }', {}],
    ['the subgraph’s schema', '{ _service { sdl } }', {}],
  ])('%s', async (_, document, variables) => {
    const { errors, data, status } = await anyone.graphql(document, variables);
    expect(codeOf(errors)).toBeOneOf([
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
      'OPERATION_RESOLUTION_FAILURE',
      'BAD_USER_INPUT',
    ]);
    expect(data).toBeNull();
    expect(status).toBeOneOf([200, 400]);
    // No names that the client did not say itself.
    expect(JSON.stringify(errors)).not.toMatch(/did you mean \\"(?!me \{)/i);
  });

  test.each([
    ['an unknown input field', { input: { identifier: 'a', password: 'b', isAdmin: true } }],
    ['a prototype', JSON.parse('{"input":{"identifier":"a","password":"b","__proto__":{"admin":true}}}')],
    ['an object for a string', { input: { identifier: { $ne: null }, password: 'b' } }],
    ['a list for a string', { input: { identifier: ['a'], password: 'b' } }],
    ['a number for a string', { input: { identifier: 1, password: 'b' } }],
    ['null for what must be there', { input: { identifier: null, password: 'b' } }],
    ['nothing', {}],
  ])('in variables, %s', async (_, variables) => {
    const { errors, data } = await anyone.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
      variables,
    );
    expect(codeOf(errors)).toBe('BAD_USER_INPUT');
    expect(data).toBeNull();
  });

  test('introspection is for those who may explore', async () => {
    const introspect = '{ __schema { types { name fields { name } } } }';
    const member = await registerAndConfirm();
    for (const client of [anyone, member.client]) {
      const { errors, data } = await client.graphql(introspect);
      expect(codeOf(errors)).toBeOneOf(['FORBIDDEN', 'UNAUTHENTICATED', 'GRAPHQL_VALIDATION_FAILED']);
      expect(data).toBeNull();
    }
    const admin = await administrator();
    const answer = JSON.stringify(await admin.client.ask(introspect));
    expect(answer).toContain('securityEvents');
    expect(answer).not.toMatch(/preparePassword|tenantByHost|LoginSubject|_entities|_service/);
  });
});

test('what is private is not behind the public port', async () => {
  for (const path of [
    '/metrics',
    '/enforced',
    '/graphql/stream',
    '/user/graphql',
    '/.env',
    '/storage/../metrics',
  ]) {
    const response = await anyone.fetch(`${gatehouse.url}${path}`);
    await response.text();
    expect(response.status, path).toBeOneOf([400, 401, 403, 404, 405]);
  }
});

test('every answer carries the headers that protect a browser', async () => {
  const { headers } = await anyone.graphql('{ __typename }');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toContain('no-store');
  expect(headers.get('x-powered-by')).toBeNull();
  const preflight = await anyone.fetch(`${gatehouse.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.headers.get('access-control-allow-origin')).not.toBeOneOf(['*', 'https://evil.example']);
});
