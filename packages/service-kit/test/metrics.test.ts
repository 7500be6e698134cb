import { request } from 'node:http';
import { readMetrics, silentLogger } from '@gatehouse/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMetrics, type Metrics, type Running } from '../src/index.ts';
import { addUp, openExposition, serveMetrics } from '../src/metrics/index.ts';

const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function serve(metrics: Metrics) {
  const exposition = await openExposition(metrics);
  const collect = vi.fn(() => exposition.collect());
  const served = await serveMetrics({
    port: 0,
    host: '127.0.0.1',
    exposition,
    collect,
    logger: silentLogger,
  });
  running.push(served);
  const url = `http://127.0.0.1:${served.port}`;
  const scrape = async (accept = 'text/plain') => {
    const response = await fetch(`${url}/metrics`, { headers: { accept } });
    return { type: response.headers.get('content-type'), text: await response.text() };
  };
  return { url, scrape, collect };
}

const read = async (metrics: Metrics) => {
  const exposition = await openExposition(metrics);
  const { text } = await exposition.write(await metrics.read(), 'prometheus');
  return readMetrics(text);
};

describe('what is counted', () => {
  it('is told by its labels, and with none it is 0 from the start', async () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'gatehouse_quiet_total', help: 'Nothing.' });
    const logins = metrics.counter({
      name: 'gatehouse_logins_total',
      help: 'Logins.',
      labels: ['result', 'way'],
    });
    logins({ result: 'good', way: 'password' }).add();
    logins({ way: 'password', result: 'good' }).add(2);
    logins({ result: 'bad "one"\\\n', way: '' }).add();
    const told = await read(metrics);
    expect(told.families.get('gatehouse_quiet_total')?.samples).toEqual([
      { name: 'gatehouse_quiet_total', labels: {}, value: 0 },
    ]);
    expect(told.sum('gatehouse_logins_total', { result: 'good', way: 'password' })).toBe(3);
    expect(told.sum('gatehouse_logins_total', { result: 'bad "one"\\\n', way: '' })).toBe(1);
  });

  it('falls into buckets that add up', async () => {
    const metrics = createMetrics();
    const duration = metrics.histogram({ name: 'gatehouse_x_seconds', help: 'X.', bounds: [0.1, 1] })();
    for (const seconds of [0.05, 0.1, 0.5, 7]) duration.observe(seconds);
    const told = await read(metrics);
    const bucket = (le: string) => told.sum('gatehouse_x_seconds_bucket', { le });
    expect([bucket('0.1'), bucket('1'), bucket('+Inf')]).toEqual([2, 3, 4]);
    expect(told.sum('gatehouse_x_seconds_count')).toBe(4);
    expect(told.sum('gatehouse_x_seconds_sum')).toBeCloseTo(7.65);
  });

  it('has a bounded number of series, whatever its labels say', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter({ name: 'gatehouse_y_total', help: 'Y.', labels: ['name'] });
    for (let index = 0; index < 5_000; index++) counter({ name: `made up ${index}` }).add();
    const told = await read(metrics);
    expect(told.families.get('gatehouse_y_total')?.samples).toHaveLength(1_001);
    expect(told.sum('gatehouse_y_total', { name: 'other' })).toBe(4_000);
    expect(told.sum('gatehouse_y_total')).toBe(5_000);
  });

  it('can be counted in several parts of a process, as long as they mean the same', async () => {
    const metrics = createMetrics();
    const definition = { name: 'gatehouse_z_total', help: 'Z.', labels: ['part'] } as const;
    metrics.counter(definition)({ part: 'a' }).add();
    metrics.counter(definition)({ part: 'a' }).add();
    expect((await read(metrics)).sum('gatehouse_z_total', { part: 'a' })).toBe(2);
    expect(() => metrics.histogram({ ...definition, help: 'Another.' })).toThrow('is two metrics');
    expect(() => metrics.counter({ name: 'gatehouse_z', help: 'Z.' })).toThrow('_total');
  });
});

describe('what is read when somebody asks', () => {
  const gauge = { name: 'gatehouse_depth', type: 'gauge', help: 'Depth.', labels: ['queue'] } as const;

  it('is each series once: added up, or the largest', async () => {
    const metrics = createMetrics();
    const age = { name: 'gatehouse_age_seconds', type: 'gauge', over: 'max', help: 'Age.' } as const;
    const reader = (depth: number, seconds: number) =>
      metrics.observe({ depth: gauge, age }, async () => ({
        depth: [{ value: depth, labels: { queue: 'a' } }],
        age: [{ value: seconds }],
      }));
    const end = reader(3, 10);
    reader(4, 8);
    const both = await read(metrics);
    expect([both.sum('gatehouse_depth'), both.sum('gatehouse_age_seconds')]).toEqual([7, 10]);
    end();
    const one = await read(metrics);
    expect([one.sum('gatehouse_depth'), one.sum('gatehouse_age_seconds')]).toEqual([4, 8]);
  });

  it('is left out, and counted, when it fails or does not come in time', async () => {
    const metrics = createMetrics();
    metrics.observe({ depth: gauge }, () => Promise.reject(new Error('no database')));
    metrics.observe({ depth: gauge }, () => {
      throw new Error('nor this');
    });
    const slow = { name: 'gatehouse_slow', type: 'gauge', help: 'Slow.' } as const;
    const hangs = vi.fn(() => new Promise<never>(() => {}));
    metrics.observe({ slow }, hangs);
    const failures = (await metrics.read()).find((one) => one.name.startsWith('gatehouse_metrics_read'));
    expect(failures?.values.map(({ labels, value }) => [labels.metric, value])).toEqual([
      ['gatehouse_depth', 2],
      ['gatehouse_slow', 1],
    ]);
    await metrics.read();
    expect(hangs).toHaveBeenCalledTimes(1);
  });
});

describe('the port', () => {
  it('tells Prometheus and OpenMetrics, each in its own form, one after the other', async () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'gatehouse_a_total', help: 'A.' })().add(5);
    metrics.histogram({ name: 'gatehouse_b_seconds', help: 'B.' })().observe(0.3);
    const { scrape } = await serve(metrics);
    for (let round = 0; round < 2; round++) {
      const plain = await scrape();
      expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(readMetrics(plain.text).sum('gatehouse_a_total')).toBe(5);
      // As Prometheus 3 asks.
      const open = await scrape(
        'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.4,*/*;q=0.1',
      );
      expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      const told = readMetrics(open.text, 'openmetrics');
      expect(told.families.get('gatehouse_a')?.type).toBe('counter');
      expect(told.sum('gatehouse_a_total')).toBe(5);
      expect(told.sum('gatehouse_b_seconds_count')).toBe(1);
    }
  });

  it('tells of the process', async () => {
    const { scrape } = await serve(createMetrics());
    const told = readMetrics((await scrape()).text);
    const memory = told.sum('process_resident_memory_bytes');
    expect(memory).toBeGreaterThan(1_000_000);
    for (const name of ['nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes'])
      expect(told.families.get(name)?.samples).toHaveLength(1);
    expect(told.families.get('nodejs_gc_duration_seconds')?.type).toBe('histogram');
  });

  it('serves nothing else', async () => {
    const { url } = await serve(createMetrics());
    for (const path of ['/', '/metrics/', '/metrics/x', '/healthz', '/graphql'])
      expect((await fetch(url + path)).status).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(`${url}/metrics`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    const head = await fetch(`${url}/metrics?x=1`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const absolute = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ port: new URL(url).port, path: 'http://elsewhere/metrics' }, (response) =>
        resolve(response.resume().statusCode),
      );
      asked.on('error', reject).end();
    });
    expect(absolute).toBe(404);
  });

  it('collects once for all who ask at a time', async () => {
    const metrics = createMetrics();
    const depth = { name: 'gatehouse_depth', type: 'gauge', help: 'Depth.' } as const;
    metrics.observe(
      { depth },
      () => new Promise((resolve) => setTimeout(resolve, 300, { depth: [{ value: 1 }] })),
    );
    const { scrape, collect } = await serve(metrics);
    const told = await Promise.all(Array.from({ length: 20 }, () => scrape()));
    for (const { text } of told) expect(readMetrics(text).sum('gatehouse_depth')).toBe(1);
    expect(collect.mock.calls.length).toBeLessThan(3);
  });

  it('is refused in one line when it is taken', async () => {
    const { url } = await serve(createMetrics());
    const exposition = await openExposition(createMetrics());
    const taken = serveMetrics({
      port: Number(new URL(url).port),
      host: '127.0.0.1',
      exposition,
      collect: async () => [],
      logger: silentLogger,
    });
    await expect(taken).rejects.toThrow(/is already in use.*METRICS_PORT/);
  });
});

describe('processes that have ended', () => {
  it('leave what they counted, and nothing that was only so at the time', async () => {
    const counted = async (logins: number) => {
      const metrics = createMetrics();
      metrics.counter({ name: 'gatehouse_logins_total', help: 'L.' })().add(logins);
      metrics.histogram({ name: 'gatehouse_l_seconds', help: 'L.' })().observe(0.02);
      const open = { name: 'gatehouse_open', type: 'gauge', help: 'O.' } as const;
      metrics.observe({ open }, () => ({ open: [{ value: 9 }] }));
      return metrics.read();
    };
    const left = addUp(addUp([], await counted(3)), await counted(4));
    const { text } = await (await openExposition(createMetrics())).write(
      [...left, ...(await counted(5))],
      'prometheus',
    );
    const told = readMetrics(text);
    expect(told.sum('gatehouse_logins_total')).toBe(12);
    expect(told.sum('gatehouse_l_seconds_count')).toBe(3);
    expect(told.sum('gatehouse_open')).toBe(9);
  });
});
