import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { people, randomText } from '@gatehouse/testkit/clients';
import { createDeployment, type Deployment, databaseUrlOf } from '../../../e2e/topology/deployment.ts';
import { processesOf } from '../../../e2e/topology/processes.ts';
import { median } from '../gateways.ts';
import type { Measured } from '../load.ts';
import { cpuMs, startAsker, startHelper, startLoad } from '../processes.ts';
import type { FormMeasured, FormOrder } from './form-load.ts';

export type Figure = {
  /** Per second. */
  rate: number;
  /** Milliseconds. */
  p99: number;
  /** Processor time for one, in milliseconds: of the serving process, and of PostgreSQL. */
  cpu: number;
  databaseCpu: number;
};

export type IdentityResults = {
  operations: { name: OperationName; ours: Figure; floor: Figure }[];
  /** Passwords compared per second by the pool alone. */
  ceiling: number;
  storm: {
    /** `session` queries per second, in peace and while people sign in. */
    peace: number;
    storm: number;
    logins: number;
    /** Of the event loop while people sign in, in ms. */
    delay: { p50: number; p99: number; max: number };
  };
};

const operationNames = ['refresh', 'client credentials', 'introspection', 'login'] as const;
export type OperationName = (typeof operationNames)[number];
type Target = Record<OperationName, Omit<FormOrder, 'seconds'>>;
type Contestant = { target: Target; cpu(): number; databaseCpu(): Promise<number> };

const connections = 16;
/** People who sign in at once. */
const crowd = 8;
const sessionQuery = JSON.stringify({ query: '{ session { id permissions } }' });

/** Token and sign-in figures of the standalone product, beside a hand-written issuer on the same PostgreSQL. */
export async function measureIdentity(size: { rounds: number; seconds: number }): Promise<IdentityResults> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const delayFile = join(folder, 'delay.json');
  const deployment = await createDeployment('standalone', {
    LOG_LEVEL: 'error',
    BCRYPT_COST: '12',
    NODE_OPTIONS: `--import=${new URL('event-loop-delay.ts', import.meta.url).href}`,
    BENCH_DELAY_FILE: delayFile,
    METRICS_PORT: '',
  });
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true }), deployment.remove];
  try {
    await deployment.start();
    const load = startAsker('./identity/form-load.ts');
    closing.push(load.stop);
    const floor = await startHelper<Floor>('./identity/minimal-issuer.ts', {
      BENCH_DATABASE_URL: databaseUrlOf(deployment),
    });
    closing.push(floor.stop);
    const ceiling = await startHelper<object>('./identity/hash-ceiling.ts');
    closing.push(ceiling.stop);

    // Connections are kept: a process of PostgreSQL that works for a contestant is there before and after.
    const databaseCpu = async () => {
      const pids = await processesOf(deployment.pid(), deployment.dataDir);
      return pids.reduce((total, pid) => (pid === deployment.pid() ? total : total + cpuMs(pid)), 0);
    };
    const { target, sessions } = await ourTarget(deployment);
    const ours = { target, cpu: () => cpuMs(deployment.pid()), databaseCpu };
    const theirs = { target: await floorTarget(floor), cpu: floor.cpuMs, databaseCpu };
    const rounds = async (name: OperationName) => {
      const [mine, least]: [Figure[], Figure[]] = [[], []];
      await measure(load, ours, name, 1);
      await measure(load, theirs, name, 1);
      for (let round = 0; round < size.rounds; round++) {
        mine.push(await measure(load, ours, name, secondsOf(name, size)));
        least.push(await measure(load, theirs, name, secondsOf(name, size)));
      }
      return { name, ours: middle(mine), floor: middle(least) };
    };
    const operations: IdentityResults['operations'] = [];
    for (const name of operationNames) operations.push(await rounds(name));

    const most: number[] = [];
    for (let round = 0; round < size.rounds; round++) {
      most.push(await ceiling.ask<number>({ seconds: secondsOf('login', size), connections: crowd }));
    }
    const storm = await measureStorm(deployment, { load, target, sessions, delayFile, size });
    return { operations, ceiling: median(most) ?? 0, storm };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** A login takes a third of a second, of which enough have to end within a round. */
const secondsOf = (name: OperationName, { seconds }: { seconds: number }) =>
  name === 'login' ? Math.max(8, seconds) : seconds;

type Load = ReturnType<typeof startAsker>;

async function measure(load: Load, one: Contestant, name: OperationName, seconds: number): Promise<Figure> {
  const order = one.target[name];
  const [before, databaseBefore] = [one.cpu(), await one.databaseCpu()];
  const { requests, requestsPerSecond, p99, failures, sample, bodies } = await load.ask<FormMeasured>({
    ...order,
    seconds,
  });
  if (failures > 0 || sample.includes('"errors"') || sample.includes('"active":false'))
    throw new Error(`${name} fails: ${sample}`);
  one.target[name] = { ...order, bodies };
  return {
    rate: requestsPerSecond,
    p99,
    cpu: (one.cpu() - before) / requests,
    databaseCpu: ((await one.databaseCpu()) - databaseBefore) / requests,
  };
}

const middle = (figures: Figure[]): Figure => ({
  rate: median(figures.map(({ rate }) => rate)) ?? 0,
  p99: median(figures.map(({ p99 }) => p99)) ?? 0,
  cpu: median(figures.map(({ cpu }) => cpu)) ?? 0,
  databaseCpu: median(figures.map(({ databaseCpu }) => databaseCpu)) ?? 0,
});

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const repeat = (body: string) => Array.from({ length: connections }, () => body);
const json = { 'content-type': 'application/json' };

export async function ourTarget(deployment: Deployment): Promise<{ target: Target; sessions: string[] }> {
  const { url, administrator } = deployment;
  const at = { port: Number(new URL(url).port), host: new URL(url).host };
  const { signIn, memberWith } = people({ url, administrator });
  const admin = await firstSignIn(() => signIn(administrator));
  const { createClient } = await admin.client.ask<{
    createClient: { client: { id: string }; secret: string };
  }>('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }', {
    input: { name: `bench ${randomText()}`, scopes: ['users:read'] },
  });
  const asClient = basic(createClient.client.id, createClient.secret);
  const signedIn = [];
  while (signedIn.length < connections) signedIn.push(await signIn(administrator));
  const members = [];
  while (members.length < crowd) members.push(await memberWith());
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { accessToken } } }';
  const token = admin.tokens.accessToken;
  return {
    sessions: signedIn.map(({ tokens }) => tokens.accessToken),
    target: {
      refresh: {
        ...at,
        path: '/oauth2/token',
        renews: 'refresh_token',
        bodies: signedIn.map(({ tokens }) =>
          form({ grant_type: 'refresh_token', client_id: 'gatehouse', refresh_token: tokens.refreshToken }),
        ),
      },
      'client credentials': {
        ...at,
        path: '/oauth2/token',
        headers: asClient,
        bodies: repeat(form({ grant_type: 'client_credentials', scope: 'users:read' })),
      },
      introspection: {
        ...at,
        path: '/oauth2/token/introspection',
        headers: asClient,
        bodies: repeat(form({ token })),
      },
      login: {
        ...at,
        path: '/graphql',
        headers: json,
        bodies: members.map(({ email, password }) =>
          JSON.stringify({ query: login, variables: { input: { identifier: email, password } } }),
        ),
      },
    },
  };
}

type Round = {
  peace: Measured;
  storm: Measured;
  logins: FormMeasured;
  delay: IdentityResults['storm']['delay'];
};

type Floor = {
  port: number;
  client: { id: string; secret: string };
  account: { email: string; password: string };
};

async function floorTarget({ port, client, account }: Floor): Promise<Target> {
  const at = { port, host: `127.0.0.1:${port}` };
  const headers = basic(client.id, client.secret);
  const login = JSON.stringify({ identifier: account.email, password: account.password });
  const ask = async (path: string, given: RequestInit) =>
    (await (await fetch(`http://${at.host}${path}`, { method: 'POST', ...given })).json()) as {
      refresh_token: string;
      access_token: string;
    };
  const first = await Promise.all(
    Array.from({ length: connections }, () => ask('/login', { headers: json, body: login })),
  );
  const credentials = form({ grant_type: 'client_credentials' });
  const { access_token: token } = await ask('/token', { headers, body: credentials });
  return {
    refresh: {
      ...at,
      path: '/token',
      renews: 'refresh_token',
      bodies: first.map(({ refresh_token }) => form({ grant_type: 'refresh_token', refresh_token })),
    },
    'client credentials': { ...at, path: '/token', headers, bodies: repeat(credentials) },
    introspection: { ...at, path: '/introspect', headers, bodies: repeat(form({ token })) },
    login: { ...at, path: '/login', headers: json, bodies: repeat(login).slice(0, crowd) },
  };
}

/** The first administrator's password reaches the auth subgraph by an event, shortly after everything is ready. */
async function firstSignIn<T>(signIn: () => Promise<T>): Promise<T> {
  for (const giveUp = performance.now() + 10_000; ; await setTimeout(100)) {
    try {
      return await signIn();
    } catch (error) {
      if (performance.now() > giveUp) throw error;
    }
  }
}

/** `session` queries of people who are signed in, with and without a crowd that signs in again and again. */
async function measureStorm(
  deployment: Deployment,
  given: {
    load: Load;
    target: Target;
    sessions: string[];
    delayFile: string;
    size: { rounds: number; seconds: number };
  },
): Promise<IdentityResults['storm']> {
  const { load, target, sessions, delayFile, size } = given;
  const seconds = secondsOf('login', size);
  const queries = startLoad('any');
  const { port, host } = target.login;
  const order = { port, host, tokens: sessions, body: sessionQuery };
  const ask = async (): Promise<Measured> => {
    const measured = await queries.measure({ ...order, seconds });
    if (measured.failures > 0) throw new Error(`the session query fails: ${measured.sample}`);
    return measured;
  };
  const delayed = async () => {
    process.kill(deployment.pid(), 'SIGUSR2');
    await setTimeout(200);
    return JSON.parse(readFileSync(delayFile, 'utf8')) as IdentityResults['storm']['delay'];
  };
  try {
    await ask();
    const rounds: Round[] = [];
    for (let round = 0; round < size.rounds; round++) {
      const peace = await ask();
      await delayed();
      const [storm, logins] = await Promise.all([
        ask(),
        load.ask<FormMeasured>({ ...target.login, seconds }),
      ]);
      rounds.push({ peace, storm, logins, delay: await delayed() });
    }
    const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick)) ?? 0;
    return {
      peace: of(({ peace }) => peace.requestsPerSecond),
      storm: of(({ storm }) => storm.requestsPerSecond),
      logins: of(({ logins }) => logins.requestsPerSecond),
      delay: {
        p50: of(({ delay }) => delay.p50),
        p99: of(({ delay }) => delay.p99),
        max: of(({ delay }) => delay.max),
      },
    };
  } finally {
    queries.stop();
  }
}
