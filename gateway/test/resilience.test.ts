import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaultyDoor, type FaultyDoor } from './harness/faulty-door.ts';
import { startGateway, type TestGateway } from './harness/gateway.ts';

const timeoutMs = 1_500;
let gateway: TestGateway;
let door: FaultyDoor;

beforeEach(async () => {
  gateway = await startGateway({
    topology: 'remote without a door',
    reach: {
      timeoutMs,
      async via(name, url) {
        if (name !== 'user') return url;
        door = await createFaultyDoor(url);
        return door.url;
      },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  door.close();
});

const status = () => {
  const { resilience } = gateway.served.connections.user;
  if (!resilience) throw new Error('a remote subgraph has none');
  return resilience;
};
const errorOf = async (query: string) => (await gateway.query(query)).errors?.[0]?.extensions;
const breakCircuit = async () => {
  for (let n = 0; n < 20 && status().circuit === 'closed'; n++) await gateway.query('mutation { count }');
  expect(status().circuit).toBe('open');
};

describe('a query', () => {
  it.each(['reset', 502, 503, 504] as const)('is asked again after %s', async (fault) => {
    door.next(fault, fault);
    expect(await gateway.query('{ hello }')).toEqual({ data: { hello: 'Hello you' } });
    expect(door.state.arrived).toBe(3);
    expect(status().counts).toMatchObject({ fetches: 1, retries: 2, failures: { UNREACHABLE: 0 } });
  });

  it('is given up after three attempts; the rest of the answer stands', async () => {
    door.next('reset', 'reset', 'reset');
    const { data, errors } = await gateway.query('{ documents { name owner { name } } }');
    expect(data).toEqual({ documents: [{ name: 'one.pdf', owner: { name: null } }] });
    expect(errors).toEqual([
      {
        message: 'A part of the graph did not answer.',
        extensions: {
          code: 'SUBGRAPH_UNAVAILABLE',
          requestId: expect.any(String),
          service: 'user',
          reason: 'UNREACHABLE',
          retryable: true,
        },
      },
    ]);
    expect(door.state.arrived).toBe(3);
  });

  it.each([500, 401])('is not asked again after %i', async (fault) => {
    door.next(fault);
    expect(await errorOf('{ hello }')).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', service: 'user' });
    expect(door.state.arrived).toBe(1);
  });

  it('ends at its deadline, retries included', async () => {
    door.next('reset');
    door.state.fault = 'hang';
    const started = performance.now();
    expect(await errorOf('{ hello }')).toMatchObject({ reason: 'TIMEOUT', retryable: true });
    expect(performance.now() - started).toBeGreaterThan(timeoutMs - 50);
    expect(performance.now() - started).toBeLessThan(timeoutMs + 500);
    expect(door.state.arrived).toBe(2);
  });

  it('whose answer is too large is refused, and the subgraph is not blamed', async () => {
    door.next('huge');
    expect(await errorOf('{ hello }')).toMatchObject({ reason: 'UNREADABLE', retryable: false });
    expect(status().counts.failures).toMatchObject({ UNREADABLE: 1, UNREACHABLE: 0 });
  });

  it('is asked again only while the budget lasts', async () => {
    // Failures far apart never open the circuit, but each asks for two retries.
    for (let n = 0; n < 30; n++) {
      door.next('reset', 'pass');
      await Promise.all([gateway.query('{ hello }'), gateway.query('{ fails(how: "coded") }')]);
    }
    expect(status().counts.retries).toBeLessThan(30);
    expect(status().counts.failures.UNREACHABLE).toBeGreaterThan(0);
  });
});

describe('a mutation', () => {
  it.each(['reset', 503] as const)('is never sent twice, after %s', async (fault) => {
    door.next(fault);
    expect(await errorOf('mutation { count }')).toMatchObject({ reason: 'UNREACHABLE', retryable: false });
    expect(door.state.arrived).toBe(1);
    expect((await gateway.query('mutation { count }')).data).toEqual({ count: 1 });
  });

  it('may be repeated when nothing was sent', async () => {
    door.close();
    expect(await errorOf('mutation { count }')).toMatchObject({ reason: 'UNREACHABLE', retryable: true });
  });

  it('is finished when its client goes away', async () => {
    const gone = new AbortController();
    const { url } = gateway;
    const request = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { count }' }),
      signal: gone.signal,
    });
    door.next('hang');
    for (let n = 0; n < 100 && door.state.arrived === 0; n++) await sleep(5);
    gone.abort();
    await request.catch(() => {});
    await sleep(100);
    expect(door.state.abandoned).toBe(0);
    expect(status().counts.cancelled).toBe(0);
  });
});

describe('the circuit to a subgraph', () => {
  it('opens when it fails; then its part is refused at once, until it is back', async () => {
    door.state.fault = 503;
    await breakCircuit();
    const arrived = door.state.arrived;
    expect(await errorOf('mutation { count }')).toMatchObject({ reason: 'CIRCUIT_OPEN', retryable: true });
    const { data } = await gateway.query('{ documents { name owner { name } } }');
    expect(data).toEqual({ documents: [{ name: 'one.pdf', owner: { name: null } }] });
    expect(door.state.arrived).toBe(arrived);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect(await ready.json()).toEqual({ status: 'ready', circuits: { user: 'open' } });

    door.state.fault = 'pass';
    for (let n = 0; n < 100 && status().circuit !== 'closed'; n++) {
      await gateway.query('{ hello }');
      await sleep(20);
    }
    expect(await gateway.query('{ hello }')).toEqual({ data: { hello: 'Hello you' } });
    expect(await (await fetch(`${gateway.url}/readyz`)).json()).toEqual({ status: 'ready' });
    expect(status().counts).toMatchObject({ opened: 1, failures: { CIRCUIT_OPEN: expect.any(Number) } });
    const told = gateway.logs.filter((line) => line.includes('the circuit to a subgraph is'));
    expect(told.map((line) => (JSON.parse(line) as { circuit: string }).circuit)).toEqual([
      'open',
      'half-open',
      'closed',
    ]);
  });

  it('lets one fetch at a time see whether it is back', async () => {
    door.state.fault = 503;
    await breakCircuit();
    await sleep(800);
    door.state.fault = 'hang';
    const arrived = door.state.arrived;
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await errorOf('{ hello }'))?.reason),
    );
    expect(door.state.arrived).toBe(arrived + 1);
    expect(answers.filter((reason) => reason === 'CIRCUIT_OPEN')).toHaveLength(9);
  });

  it('does not take errors of the operation for failures', async () => {
    for (let n = 0; n < 30; n++) await gateway.query('{ fails(how: "surprise") again: fails(how: "coded") }');
    expect(status()).toMatchObject({ circuit: 'closed', counts: { failures: { UNREACHABLE: 0 } } });
  });

  it('does not take clients that go away for failures, whose fetches end', async () => {
    door.state.fault = 'hang';
    for (let n = 0; n < 12; n++) {
      const gone = new AbortController();
      const request = fetch(`${gateway.url}/graphql?query={hello}`, {
        headers: { 'content-type': 'application/json' },
        signal: gone.signal,
      });
      for (let tries = 0; tries < 100 && door.state.arrived === n; tries++) await sleep(5);
      gone.abort();
      await request.catch(() => {});
    }
    for (let n = 0; n < 100 && door.state.abandoned < 12; n++) await sleep(5);
    expect(door.state.abandoned).toBe(12);
    expect(status()).toMatchObject({ circuit: 'closed', counts: { cancelled: 12, opened: 0 } });
  });
});
