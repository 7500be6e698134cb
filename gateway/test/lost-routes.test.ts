import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaultyDoor, type FaultyDoor } from './harness/faulty-door.ts';
import { startGateway, type TestGateway } from './harness/gateway.ts';

const timeoutMs = 700;
let gateway: TestGateway;
let door: FaultyDoor;

beforeEach(async () => {
  gateway = await startGateway({
    topology: 'remote without a door',
    reach: {
      timeoutMs,
      async via(name, url) {
        if (name !== 'storage') return url;
        door = await createFaultyDoor(url);
        return door.url;
      },
    },
  });
  gateway.routes.storage.push({
    prefix: '/storage',
    async handle(request, response) {
      for await (const _ of request);
      response.end('fine');
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  door.close();
});

const ask = async (method: string) => {
  const since = Date.now();
  const body = method === 'GET' ? {} : { body: 'x' };
  const response = await fetch(`${gateway.url}/storage/1`, { method, ...body });
  const text = await response.text();
  const { errors } = response.status === 200 ? { errors: [] } : JSON.parse(text);
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    told: errors[0]?.extensions,
    milliseconds: Date.now() - since,
  };
};

describe('a route of a subgraph that', () => {
  it.each(['GET', 'PUT'])(
    'loses the connection is told as a coded error that may be tried again: %s',
    async (method) => {
      door.next('reset');
      expect(await ask(method)).toMatchObject({
        status: 503,
        retryAfter: '1',
        told: { code: 'SUBGRAPH_UNAVAILABLE', service: 'storage', reason: 'UNREACHABLE', retryable: true },
      });
      expect(await ask(method)).toMatchObject({ status: 200 });
    },
  );

  it('may have acted is not said to be harmless to ask again', async () => {
    door.next('reset');
    expect((await ask('POST')).told).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', retryable: false });
  });

  it('hangs does not keep its client waiting', async () => {
    door.next('hang');
    const { status, told, milliseconds } = await ask('GET');
    expect({ status, told }).toMatchObject({ status: 503, told: { service: 'storage', reason: 'TIMEOUT' } });
    expect(milliseconds).toBeLessThan(timeoutMs + 2_000);
  });
});
