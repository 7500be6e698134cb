import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, StartupError } from '@gatehouse/service-kit';
import pg from 'pg';
import { errorCodeOf } from '../connection-error.ts';
import type { Binaries } from './binaries.ts';
import { superuser } from './cluster.ts';
import { type Credentials, rememberPort } from './credentials.ts';
import { instanceName, tryInstanceLock } from './instance-lock.ts';
import { disownStalePid, isServerOf, readPostmaster, stopPostmaster } from './postmaster.ts';
import type { RunAs } from './run-as.ts';
import { freePort, type ServerProcess, spawnServer } from './server.ts';

export type ServerOptions = {
  dataDir: string;
  cluster: string;
  credentials: Credentials;
  binaries: Binaries;
  runAs: RunAs;
  durable: boolean;
  logger: Logger;
  onProgress: (line: string) => void;
};

export type RunningServer = { port(): number; stop(): Promise<void> };

const pollMs = 15;
/** Recovery after a crash replays at most `max_wal_size`; this is far beyond it. */
const recoveryMs = 10 * 60_000;
const startMs = 60_000;
/** A clean start takes less; what takes longer is worth a word. */
const quickMs = 1_500;
const shutdownMs = 3_500;

/** Brings the server up (or finds it up), takes the instance lock, and keeps both for as long as we run. */
export async function runServer(options: ServerOptions): Promise<RunningServer> {
  let stopping = false;
  let current = await open(options);
  let reopening: Promise<void> | undefined;
  watch();

  /** A server that ends under us (killed for memory, a crash of one of its processes) is brought back. */
  function watch(): void {
    current.client.once('end', () => {
      reopening = reopen();
    });
  }

  async function reopen(): Promise<void> {
    for (let wait = 100; !stopping; wait = Math.min(wait * 2, 5_000)) {
      options.logger.error('the connection to the bundled PostgreSQL ended, bringing it back');
      try {
        current = await open(options, current.port);
        return watch();
      } catch (error) {
        options.logger.error({ err: error }, 'the bundled PostgreSQL could not be brought back');
        await delay(wait);
      }
    }
  }

  return {
    port: () => current.port,
    async stop() {
      if (stopping) return;
      stopping = true;
      await reopening;
      // The lock is held until the server is down: nobody adopts a server that is about to stop.
      const postmaster = await readPostmaster(options.cluster);
      if (postmaster) await stopPostmaster(options.cluster, postmaster.pid, shutdownMs);
      await current.client.end().catch(() => {});
    },
  };
}

type Open = { client: pg.Client; port: number };

async function open(options: ServerOptions, port?: number): Promise<Open> {
  const client = await connectOrSpawn(options, port);
  const lock = await tryInstanceLock(client, 500).catch(async (error: unknown) => {
    await client.end().catch(() => {});
    throw error;
  });
  if (!lock.held) {
    await client.end();
    const owner = lock.owner ? ` (process ${lock.owner})` : '';
    throw new StartupError(`DATA_DIR ${options.dataDir} is in use by a running instance${owner}.`);
  }
  if (client.port !== options.credentials.port) {
    options.credentials.port = client.port;
    await rememberPort(options.dataDir, options.credentials);
  }
  return { client, port: client.port };
}

/**
 * Polls until a server of this cluster lets us in, and starts one whenever none is there. Whoever started it: two
 * processes that do this together end up at the same server, and the instance lock decides.
 */
async function connectOrSpawn(options: ServerOptions, port?: number): Promise<pg.Client> {
  const { cluster, credentials, onProgress } = options;
  let spawned: ServerProcess | undefined;
  let ended: string | undefined;
  let attempts = 0;
  let recovering = false;
  const began = Date.now();
  let deadline = began + startMs;
  for (; Date.now() < deadline; await delay(pollMs)) {
    const postmaster = await readPostmaster(cluster);
    if (postmaster && (await isServerOf(cluster, postmaster.pid))) {
      const result = postmaster.port > 0 ? await connect(postmaster.port, credentials.password) : 'waiting';
      if (result === 'recovering' && !recovering && Date.now() - began > quickMs) {
        recovering = true;
        onProgress('PostgreSQL is recovering from an unclean stop');
        deadline = began + recoveryMs;
      }
      if (typeof result === 'object') return result;
      continue;
    }
    if (spawned && ended === undefined) continue;
    if (++attempts > 5) {
      throw new StartupError(
        `The bundled PostgreSQL does not start: ${ended || 'see its log'} (${options.dataDir}/postgres.log)`,
      );
    }
    if (attempts > 1) await delay(100);
    if (postmaster) await disownStalePid(cluster, postmaster);
    ended = undefined;
    spawned = await spawnServer({ ...options, port: port ?? (await freePort(credentials.port)) });
    spawned.ended.then((line) => {
      ended = line;
    });
  }
  if (spawned && ended === undefined) spawned.child.kill('SIGINT');
  throw new StartupError(
    `The bundled PostgreSQL did not become ready in time (${options.dataDir}/postgres.log)`,
  );
}

async function connect(port: number, password: string): Promise<pg.Client | 'waiting' | 'recovering'> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password,
    database: 'postgres',
    application_name: instanceName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => {});
    const code = errorCodeOf(error);
    if (code === '28P01') {
      throw new StartupError(`The bundled PostgreSQL on port ${port} refuses the password in postgres.json.`);
    }
    return code === '57P03' ? 'recovering' : 'waiting';
  }
}
