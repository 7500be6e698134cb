import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from './harness/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ config: { batchLimit: 4, costLimit: 50 } });
});
afterAll(() => gateway.stop());

type Answer = { data?: Record<string, unknown>; errors?: { extensions: Record<string, unknown> }[] };
const send = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await gateway.post(body, headers);
  return { status: response.status, headers: response.headers, answers: (await response.json()) as Answer[] };
};
const codesOf = (answers: Answer[]) => answers.map(({ errors }) => errors?.[0]?.extensions.code);

describe('a list of operations', () => {
  it('is refused unless it was allowed', async () => {
    const closed = await startGateway();
    const response = await closed.post([{ query: '{ hello }' }]);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('lists are not accepted'),
    ]);
    await closed.stop();
  });

  it('is answered in its order, each operation for itself', async () => {
    const { status, answers, headers } = await send([
      { query: '{ slow(ms: 60) }' },
      { query: '{ nothing }' },
      { query: 'query ($n: String) { hello(name: $n) }', variables: { n: 'Ada' } },
      { query: 7 },
    ]);
    expect(status).toBe(200);
    expect(answers[0]).toEqual({ data: { slow: 'done' } });
    expect(answers[2]).toEqual({ data: { hello: 'Hello Ada' } });
    expect(codesOf(answers)).toEqual([undefined, 'GRAPHQL_VALIDATION_FAILED', undefined, 'BAD_REQUEST']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('runs queries side by side', async () => {
    const started = Date.now();
    await send(Array.from({ length: 4 }, () => ({ query: '{ slow(ms: 700) }' })));
    expect(Date.now() - started).toBeLessThan(2_100);
  });

  it('runs mutations one after another', async () => {
    const { answers } = await send(Array.from({ length: 4 }, () => ({ query: 'mutation { count }' })));
    const numbers = answers.map(({ data }) => Number(data?.count));
    expect(numbers).toEqual(numbers.map((_, n) => (numbers[0] ?? 0) + n));
  });

  it('knows who asks', async () => {
    const { token, userId } = await gateway.provider.signIn([]);
    const { answers } = await send([{ query: '{ me { id } }' }, { query: '{ hello }' }], {
      authorization: `Bearer ${token}`,
    });
    expect(answers[0]).toEqual({ data: { me: { id: userId } } });
  });

  it('is no way around a limit', async () => {
    const { answers } = await send([
      { query: '{ users(count: 51) { id } }' },
      { query: '{ users(count: 50) { id } }' },
    ]);
    expect(codesOf(answers)).toEqual(['OPERATION_TOO_COMPLEX', undefined]);
  });

  it('holds no subscriptions', async () => {
    const { answers } = await send([{ query: 'subscription { ticks(every: 1) { n } }' }], {
      accept: 'application/json, text/event-stream',
    });
    expect(codesOf(answers)).toEqual(['METHOD_NOT_ALLOWED']);
  });

  it('is refused as a whole where all of it is', async () => {
    const { status, answers } = await send([{ query: '{ hello }' }, { query: '{ hello }' }], {
      authorization: 'Bearer a.b.c',
    });
    expect([status, codesOf(answers)]).toEqual([401, ['UNAUTHENTICATED', 'UNAUTHENTICATED']]);
  });

  it.each([
    ['no operations', []],
    ['too many', Array.from({ length: 5 }, () => ({ query: '{ hello }' }))],
  ])('of %s is refused', async (_, body) => {
    const response = await gateway.post(body);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('BAD_REQUEST')]);
  });

  it('shares one size limit', async () => {
    const query = `{ hello } # ${'x'.repeat(100_000)}`;
    expect((await gateway.post([{ query }, { query }, { query }])).status).toBe(413);
  });

  it('tells each what it cost', async () => {
    const { answers } = await send([{ query: '{ users(count: 3) { id } }' }], { 'x-gatehouse-cost': '1' });
    expect(answers).toMatchObject([{ extensions: { cost: { estimated: 3, limit: 50 } } }]);
  });
});
