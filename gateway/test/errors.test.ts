import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hops, startGateway, type TestGateway } from './harness/gateway.ts';

describe.each(hops)('errors of subgraphs, %s', (topology) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ topology });
  });
  afterAll(() => gateway.stop());

  const errorOf = async (query: string) => {
    const { data, errors } = await gateway.query(query);
    return { data, error: errors?.[0], count: errors?.length };
  };

  it('pass with their code and its details, and nothing else', async () => {
    expect(await errorOf('{ hello fails(how: "coded") }')).toEqual({
      data: { hello: 'Hello you', fails: null },
      error: { message: 'Too fast.', path: ['fails'], extensions: { code: 'RATE_LIMITED', retryAfter: 7 } },
      count: 1,
    });
    expect((await errorOf('{ fails(how: "input") }')).error?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'email', message: 'is not an address' }],
    });
  });

  it('that nobody expected are masked, logged and found by request id', async () => {
    const { error } = await errorOf('{ alias: fails(how: "surprise") }');
    expect(error).toEqual({
      message: 'Unexpected error.',
      path: ['alias'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(gateway.logs.join('')).toContain('ECONNREFUSED');
  });

  it('about the hop do not pass as the client’s', async () => {
    const { error } = await errorOf('{ fails(how: "foreign") }');
    expect(error).toMatchObject({
      message: 'Unexpected error.',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    });
  });

  it('keep the path through an entity fetch', async () => {
    const { error, data } = await errorOf('{ documents { id owner { id lastLoginAt } } }');
    expect(data).toEqual({ documents: [{ id: 'd1', owner: { id: 'owner', lastLoginAt: null } }] });
    expect(error).toMatchObject({
      path: ['documents', 0, 'owner', 'lastLoginAt'],
      extensions: { code: 'UNAUTHENTICATED' },
    });
  });

  it('of authorization say what is missing', async () => {
    const { token } = await gateway.provider.signIn([]);
    const { errors, data } = await gateway.query('{ user(id: "1") { id } hello }', { token });
    expect(data).toEqual({ user: null, hello: 'Hello you' });
    expect(errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
  });
});

describe('a subgraph that does not answer', () => {
  it('leaves the rest of the answer standing', async () => {
    const gateway = await startGateway({ topology: 'remote' });
    await gateway.served.stopOne('notification');
    const { data, errors } = await gateway.query('{ hello unread }');
    expect(data).toBeNull();
    expect(errors).toEqual([
      {
        message: 'A part of the graph did not answer.',
        extensions: {
          code: 'SUBGRAPH_UNAVAILABLE',
          requestId: expect.any(String),
          service: 'notification',
          reason: 'UNREACHABLE',
          retryable: true,
        },
      },
    ]);
    const { token } = await gateway.provider.signIn([]);
    const partial = await gateway.query('{ me { email notifications } }', { token });
    expect(partial.data).toMatchObject({ me: { email: expect.any(String), notifications: null } });
    expect(partial.errors?.[0]?.extensions.code).toBe('SUBGRAPH_UNAVAILABLE');
    expect(JSON.stringify(partial)).not.toMatch(/127\.0\.0\.1|ECONN/);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', waitingFor: ['notification'] },
    ]);
    await gateway.stop();
  });
});
