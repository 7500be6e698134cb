import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fetchAsHost, people } from '@gatehouse/testkit/clients';
import { createDeployment, type Deployment } from '../../e2e/topology/deployment.ts';

/** What 1,000 tenants cost the standalone process. */
export type TenantsResults = {
  tenants: number;
  /** Heap and buffers of the process after a collection, in kilobytes for each tenant that was asked and is idle. */
  idleKb: number;
  /** Resident memory in megabytes: before the tenants, and after they were asked. */
  beforeMb: number;
  afterMb: number;
  /** From launch to readiness on the same data, in milliseconds: with the default tenant alone, and with all. */
  startAloneMs: number;
  startMs: number;
  /** The first discovery of a tenant that was never asked, in milliseconds; its keys are made for it. */
  firstDiscoveryMs: number;
};

const count = 1_000;
const atOnce = 4;
const starts = 4;

type Heap = { at: number; heapUsed: number; external: number; rss: number };

/**
 * Creates 1,000 tenants over the API; asks each for discovery, then for a token. The token request is refused (it presents an
 * unknown refresh token), which takes the provider, the client and the store through all they need.
 */
export async function measureTenants(): Promise<TenantsResults> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const heapFile = join(folder, 'heap.json');
  const deployment = await createDeployment('standalone', {
    LOG_LEVEL: 'warn',
    HEAP_FILE: heapFile,
    METRICS_PORT: '',
    NODE_OPTIONS: `--import=${new URL('./tell-heap.ts', import.meta.url).href}`,
  });
  const heap = async (): Promise<Heap> => {
    const asked = Date.now();
    process.kill(deployment.pid(), 'SIGUSR2');
    for (;;) {
      await setTimeout(50);
      try {
        const told = JSON.parse(readFileSync(heapFile, 'utf8')) as Heap;
        if (told.at >= asked) return told;
      } catch {
        // Not written yet.
      }
    }
  };
  /** The quickest of a few: whatever else the machine does only adds to it. */
  const start = async () => {
    const taken: number[] = [];
    for (let n = 0; n < starts; n++) {
      if (n > 0) await deployment.stop();
      const began = performance.now();
      await deployment.start();
      taken.push(performance.now() - began);
    }
    return Math.min(...taken);
  };
  try {
    await deployment.start();
    await deployment.stop();
    const startAloneMs = await start();
    const hosts = await createTenants(deployment);
    await deployment.stop();
    const startMs = await start();
    const { port } = new URL(deployment.url);
    // What any tenant needs is there already when the first of these is asked.
    const firstDiscoveryMs = await askTenant(deployment.url, `localhost:${port}`);
    await setTimeout(2_000);
    const before = await heap();
    const firsts: number[] = [];
    await inParallel(hosts, async (host) => {
      firsts.push(await askTenant(deployment.url, host));
    });
    await setTimeout(2_000);
    const after = await heap();
    const kb = (later: Heap, earlier: Heap) =>
      (later.heapUsed + later.external - earlier.heapUsed - earlier.external) / 1_024 / count;
    firsts.sort((a, b) => a - b);
    return {
      tenants: count,
      idleKb: kb(after, before),
      beforeMb: before.rss / 1_048_576,
      afterMb: after.rss / 1_048_576,
      startAloneMs,
      startMs,
      firstDiscoveryMs: firsts[Math.floor(firsts.length / 2)] ?? firstDiscoveryMs,
    };
  } finally {
    await deployment.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function createTenants({ url, administrator }: Deployment): Promise<string[]> {
  const { signIn } = people({ url, administrator });
  const { client } = await signIn(administrator);
  const { port } = new URL(url);
  const names = Array.from({ length: count }, (_, n) => `t${n}`);
  const create = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }';
  await inParallel(names, async (name) => {
    const host = `${name}.localhost:${port}`;
    const input = {
      slug: name,
      name,
      publicUrl: `http://${host}`,
      administratorEmail: `boss@${name}.example`,
    };
    await client.ask(create, { input });
  });
  return names.map((name) => `${name}.localhost:${port}`);
}

/** One discovery and one request for a token. Answers how long the discovery took. */
async function askTenant(url: string, host: string): Promise<number> {
  const fetch = fetchAsHost(host);
  const began = performance.now();
  const discovery = await fetch(`${url}/oauth2/.well-known/openid-configuration`);
  const took = performance.now() - began;
  const { issuer } = (await discovery.json()) as { issuer: string };
  if (issuer !== `http://${host}/oauth2`) throw new Error(`${host} answers as ${issuer}`);
  const token = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=refresh_token&client_id=gatehouse&refresh_token=unknown',
  });
  const { error } = (await token.json()) as { error?: string };
  if (!error) throw new Error(`${host} answered a token request with ${token.status}`);
  return took;
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await run(item);
    }),
  );
}
