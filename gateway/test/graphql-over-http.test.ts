import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

describe('the audit suite of GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn: fetch })) {
    it(audit.name, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toMatch(/^(ok|notice)/);
    });
  }
});

const query = '{ hello }';

describe('GET', () => {
  const get = (search: string, headers: Record<string, string> = { 'x-gatehouse-csrf': '1' }) =>
    fetch(`${gateway.url}/graphql?${search}`, { headers });

  it('answers queries', async () => {
    const variables = encodeURIComponent('{"name":"Ada"}');
    const response = await get(`query=query($name:String){hello(name:$name)}&variables=${variables}`);
    expect([response.status, await response.json()]).toEqual([200, { data: { hello: 'Hello Ada' } }]);
  });

  it('refuses mutations with 405', async () => {
    const response = await get('query=mutation{count}');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each([
    ['variables=[1]', 'BAD_REQUEST'],
    ['query={hello}&variables={', 'BAD_REQUEST'],
    ['', 'BAD_REQUEST'],
  ])('refuses %s', async (search, code) => {
    const response = await get(search);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(code);
  });

  it('needs a header that a foreign page can not send', async () => {
    for (const headers of [
      {},
      { accept: 'application/graphql-response+json' },
      { 'content-type': 'text/plain' },
    ]) {
      const response = await get('query={hello}', headers as Record<string, string>);
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('CSRF_PREVENTED');
    }
    expect((await get('query={hello}', { 'content-type': 'application/json' })).status).toBe(200);
  });
});

describe('POST', () => {
  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/json; charset=latin1', 415],
    ['application/graphql', 415],
    ['application/json; charset=UTF-8', 200],
  ])('of %s answers %i', async (type, status) => {
    const response = await gateway.post({ query }, { 'content-type': type });
    expect(response.status).toBe(status);
  });

  it('refuses a compressed body', async () => {
    expect((await gateway.post({ query }, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('refuses a body over the limit, announced or not', async () => {
    const large = JSON.stringify({ query, variables: { name: 'x'.repeat(300_000) } });
    const announced = await gateway.post(large);
    expect(announced.status).toBe(413);
    const streamed = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
    expect(await streamed.text()).toContain('PAYLOAD_TOO_LARGE');
  });

  it('refuses bytes that are no UTF-8', async () => {
    const body = Buffer.from(`{"query":"{ hello(name: \\"\xff\\") }"}`, 'latin1');
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BAD_REQUEST')]);
  });

  it.each(['', '[]', '"text"', 'null', '[{"query":"{hello}"}]', '{"query":""}'])(
    'refuses the body %j',
    async (body) => {
      const response = await gateway.post(body);
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BAD_REQUEST')]);
    },
  );

  it('takes __proto__ and its kin as the names they are', async () => {
    const body =
      '{"query":"query($name:String){hello(name:$name)}","variables":{"__proto__":{"name":"x"}},"__proto__":{"query":"no"}}';
    expect(await (await gateway.post(body)).json()).toEqual({ data: { hello: 'Hello you' } });
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    for (const name of names) {
      const answer = await (await gateway.post({ query: `{ ${name}: hello }` })).text();
      expect(answer).not.toContain('INTERNAL');
    }
    expect(await gateway.query(query)).toEqual({ data: { hello: 'Hello you' } });
    expect(({} as Record<string, unknown>).query).toBeUndefined();
  });
});

describe('status and media type', () => {
  const graphqlResponse = { accept: 'application/graphql-response+json' };

  it('tells refusals by status in the new media type only', async () => {
    for (const bad of ['{', '{ nothing }', 'query ($n: Int!) { hello }']) {
      expect((await gateway.post({ query: bad })).status).toBe(200);
      expect((await gateway.post({ query: bad }, graphqlResponse)).status).toBe(400);
    }
  });

  it('answers partial data with 200', async () => {
    const response = await gateway.post({ query: '{ hello fails(how: "coded") }' }, graphqlResponse);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(await response.json()).toMatchObject({ data: { hello: 'Hello you', fails: null } });
  });

  it('refuses to answer in a type it does not speak', async () => {
    expect((await gateway.post({ query }, { accept: 'text/html' })).status).toBe(406);
  });

  it('weighs the types a client takes', async () => {
    const accept = 'application/json;q=0.5, application/graphql-response+json;q=0.4, */*;q=0';
    const response = await gateway.post({ query }, { accept });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});

describe('other methods and paths', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'HEAD'])('%s is refused', async (method) => {
    const response = await fetch(`${gateway.url}/graphql`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it('OPTIONS names the methods', async () => {
    const response = await fetch(`${gateway.url}/graphql`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, POST']);
  });

  it('an unknown path is 404 in JSON', async () => {
    const response = await fetch(`${gateway.url}/nothing`);
    expect([response.status, await response.json()]).toEqual([404, { error: 'not found' }]);
  });

  it('every answer carries security headers and is not stored', async () => {
    const { headers } = await gateway.post({ query });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('continues the trace of the client', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = await gateway.post({ query }, { traceparent });
    expect(headers.get('x-request-id')).toBe('0af7651916cd43dd8448eb211c80319c');
    const forged = await gateway.post({ query }, { traceparent: '00-xyz\t-1' });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});
