import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import { geoipDatabase } from '@gatehouse/testkit';
import type { Credentials } from '@gatehouse/testkit/clients';
import { nodeFlagsOf } from '../../scripts/lib/node-flags.ts';
import { freePorts } from './free-ports.ts';
import { killAll, processesOf, stillAlive } from './processes.ts';

export type Topology = 'standalone' | 'distributed';

const mains: Record<Topology, string> = {
  standalone: 'standalone/src/main.ts',
  distributed: 'scripts/services.ts',
};

/** A Gatehouse of our own: real processes on free ports, with its data in a folder that goes with it. */
export type Deployment = {
  url: string;
  /** Where each of its processes tells its metrics, by its name. */
  metricsUrls: Readonly<Record<string, string>>;
  dataDir: string;
  /** Where Kafka is, when that is its event bus. */
  kafkaBrokers: string | null;
  /** Everything its processes printed. */
  logFile: string;
  administrator: Credentials;
  /** Starts it (again) on the same data and port; resolves when it is ready. */
  start(): Promise<void>;
  /** The process we started. */
  pid(): number;
  processes(): Promise<number[]>;
  /** Asks it to stop and waits: the exit code and how long it took. Throws when a process is left behind. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<{ code: number | null; milliseconds: number }>;
  /** `kill -9`, of the first process or of all of them. */
  kill(what: 'first process' | 'whole tree'): Promise<void>;
  /** Leaves nothing behind, whatever happened before. */
  remove(): Promise<void>;
};

export type Launch = { child: ChildProcess; exited: Promise<number | null> };

/** What the tests pass reports of mails on with. */
export const mailReportsSecret = randomBytes(24).toString('base64url');

/** All tests come from one address: counted like any, but never at the end of a quota. */
const quota = '1000000000';
const wideRateLimits = {
  RATE_ANONYMOUS: quota,
  RATE_ADDRESS: quota,
  RATE_USER: quota,
  RATE_CLIENT: quota,
  RATE_API_KEY: quota,
  RATE_COST: quota,
  RATE_TOKEN_FAILURES: quota,
  RATE_OPERATIONS: `login=${quota.slice(1)}`,
};

/** Where addresses of this machine are, and which of them nobody is expected to come from. */
async function writeRiskFiles(folder: string) {
  const [database, list] = [join(folder, 'city.mmdb'), join(folder, 'anonymous.txt')];
  const at = (country: string, city: string, latitude: number, longitude: number) => ({
    country: { iso_code: country },
    city: { names: { en: city } },
    location: { latitude, longitude },
  });
  await writeFile(
    database,
    geoipDatabase({
      '127.0.0.0/24': at('DE', 'Berlin', 52.52, 13.4),
      '127.21.0.0/16': at('AU', 'Sydney', -33.87, 151.21),
    }),
  );
  await writeFile(list, '127.29.0.0/16\n');
  return { GEOIP_DATABASE: database, ADDRESS_LISTS: list };
}

const root = resolve(import.meta.dirname, '../..');
/** As in `npm start`. */
export const nodeFlags = nodeFlagsOf('standalone');
const readyWithinMs = 60_000;
const stopWithinMs = 10_000;

/** Starts a process of the repository with exactly this environment; its output goes to the file. */
export function launch(main: string, env: Record<string, string>, logFile: string): Launch {
  const log = openSync(logFile, 'a');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, main], {
    cwd: root,
    stdio: ['ignore', log, log],
    env: { PATH, HOME, ...env },
  });
  closeSync(log);
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  return { child, exited };
}

export async function createDeployment(
  topology: Topology,
  env: Record<string, string> = {},
): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-e2e-'));
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const risk = await writeRiskFiles(folder);
  const logFile = join(folder, 'output.log');
  const port = await freePorts(10);
  const url = `http://localhost:${port}`;
  const names = topology === 'standalone' ? ['standalone'] : ['gateway', ...subgraphNames];
  const metricsUrls = Object.fromEntries(
    names.map((name, index) => [name, `http://127.0.0.1:${port + 5 + index}/metrics`]),
  );
  const administrator = { email: 'admin@example.com', password: 'first administrator of this run' };
  const environment = {
    PORT: String(port),
    SUBGRAPH_PORT_BASE: String(port + 1),
    METRICS_PORT: String(port + 5),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    PUBLIC_URL: url,
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    BCRYPT_COST: '4',
    LOG_LEVEL: 'debug',
    MAIL_REPORTS_SECRET: mailReportsSecret,
    MAILS_PER_TENANT: '100000',
    MAILS_PER_NETWORK: '100000',
    SIGN_INS_PER_NETWORK: '1000000',
    SMS_PER_TENANT: '100000',
    SMS_PER_NETWORK: '100000',
    CLIENT_FAILURES_PER_NETWORK: '1000000',
    // Clients of the tests listen on this machine.
    OUTGOING_PRIVATE: 'allow',
    // The machine has more loopback addresses than one: tests of blocks come from others.
    NEVER_BLOCKED: '127.0.0.1,::1',
    ...risk,
    MFA_ATTEMPTS_PER_NETWORK: '1000000',
    REFRESH_GRACE: '2',
    ...wideRateLimits,
    ...env,
  };
  let running: Launch | undefined;

  const output = async () => (await readFile(logFile, 'utf8')).slice(-4_000);
  const pid = () => running?.child.pid ?? 0;
  const processes = () => processesOf(pid(), dataDir);

  const waitUntilReady = async ({ child }: Launch) => {
    const deadline = Date.now() + readyWithinMs;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${await output()}`);
      const ready = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error(`not ready within ${readyWithinMs} ms:\n${await output()}`);
  };

  return {
    url,
    metricsUrls,
    dataDir,
    kafkaBrokers: env.KAFKA_BROKERS ?? null,
    logFile,
    administrator,
    pid,
    processes,
    async start() {
      running = launch(mains[topology], environment, logFile);
      await waitUntilReady(running);
    },
    async stop(signal = 'SIGTERM') {
      const before = await processes();
      const started = Date.now();
      running?.child.kill(signal);
      const timer = setTimeout(() => running?.child.kill('SIGKILL'), stopWithinMs);
      const code = (await running?.exited) ?? null;
      clearTimeout(timer);
      const milliseconds = Date.now() - started;
      const left = await stillAlive(before);
      if (left.length > 0) {
        killAll(left.map((one) => one.pid));
        throw new Error(`left behind: ${left.map(({ command }) => command).join(', ')}\n${await output()}`);
      }
      return { code, milliseconds };
    },
    async kill(what) {
      killAll(what === 'whole tree' ? await processes() : [pid()]);
      await running?.exited;
    },
    async remove() {
      killAll(await processes());
      await running?.exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The bundled PostgreSQL, as the deployment itself reaches it. */
export function databaseUrlOf({ dataDir }: Pick<Deployment, 'dataDir'>): string {
  const { password, port } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8'));
  return `postgres://gatehouse:${password}@127.0.0.1:${port}/gatehouse`;
}
