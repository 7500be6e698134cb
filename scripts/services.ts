// The distributed topology on loopback: the gateway and the four subgraphs as five processes over one PostgreSQL.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { createPassportKeys, passportFiles, subgraphPorts } from '@gatehouse/process';
import {
  createLogger,
  env,
  loadEnvFile,
  onHangup,
  readEnvironment,
  runProcess,
  StartupError,
} from '@gatehouse/service-kit';
import { type SubgraphName, subgraphNames } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { openDataDir, readSecrets } from '../standalone/src/data-dir.ts';
import { nodeFlagsOf } from './lib/node-flags.ts';

const schema = z.object({
  PORT: env.port(4000),
  HOST: env.text('127.0.0.1'),
  PUBLIC_URL: env.url('http', 'https').optional(),
  DATA_DIR: env.text('.gatehouse'),
  DATABASE_URL: env.url('postgres', 'postgresql').optional(),
  SUBGRAPH_PORT_BASE: env.count(subgraphPorts.user, 1, 65_000),
  ADMIN_EMAIL: env.text('admin@gatehouse.local'),
  ADMIN_PASSWORD: z.string().optional(),
  LOG_LEVEL: env.logLevel.default('warn'),
  METRICS_PORT: env.count(0, 1, 65_000).removeDefault().optional(),
});

type Service = { name: string; port: number; child: ChildProcess };

const root = resolve(import.meta.dirname, '..');

await runProcess(async () => {
  loadEnvFile();
  const values = readEnvironment(schema, process.env);
  const dataDir = resolve(values.DATA_DIR);
  const publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
  await openDataDir(dataDir);
  const logger = createLogger({ name: 'services', level: values.LOG_LEVEL });
  const engine = values.DATABASE_URL
    ? undefined
    : await startEmbeddedPostgres({ dataDir, logger, onProgress: say });
  const services: Service[] = [];
  let stopping = false;

  const stop = async () => {
    stopping = true;
    await Promise.all(services.map(({ child }) => stopChild(child)));
    await engine?.stop();
  };

  try {
    const databaseUrl = values.DATABASE_URL ?? engine?.url() ?? '';
    const secrets = await readSecrets(dataDir);
    const passports = join(dataDir, 'passports');
    await createPassportKeys(passports);
    const adminPassword = values.ADMIN_PASSWORD ?? randomBytes(12).toString('base64url');

    const portOf = (name: SubgraphName) => values.SUBGRAPH_PORT_BASE + subgraphNames.indexOf(name);
    // Something may stand between them.
    const urls = Object.fromEntries(
      subgraphNames.map((name) => {
        const variable = `${name.toUpperCase()}_URL`;
        return [variable, process.env[variable] ?? `http://127.0.0.1:${portOf(name)}/graphql`];
      }),
    );
    const own: Record<string, NodeJS.ProcessEnv> = {
      user: { ADMIN_EMAIL: values.ADMIN_EMAIL, ADMIN_PASSWORD: adminPassword },
      auth: { AUTH_SECRET: secrets.auth },
      storage: { STORAGE_SECRET: secrets.storage },
    };

    /** The gateway's is the one that was given; the subgraphs follow. */
    const metricsPortOf = (name: 'gateway' | SubgraphName) =>
      values.METRICS_PORT === undefined
        ? {}
        : { METRICS_PORT: String(values.METRICS_PORT + ['gateway', ...subgraphNames].indexOf(name)) };

    const startService = (name: 'gateway' | SubgraphName, folder: string, port: number, host: string) => {
      const { keyFile, jwksFile } = passportFiles(passports, name);
      const { ADMIN_PASSWORD: _, ...inherited } = process.env;
      const child = spawn(process.execPath, [...nodeFlagsOf(name), 'src/main.ts'], {
        cwd: join(root, folder),
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...inherited,
          ...urls,
          ...own[name],
          PORT: String(port),
          HOST: host,
          PUBLIC_URL: publicUrl,
          DATABASE_URL: databaseUrl,
          LOG_LEVEL: values.LOG_LEVEL,
          PASSPORT_KEY_FILE: keyFile,
          PASSPORT_JWKS_FILE: jwksFile,
          ...metricsPortOf(name),
        },
      });
      services.push({ name, port, child });
    };
    for (const name of subgraphNames) startService(name, `subgraphs/${name}`, portOf(name), '127.0.0.1');
    startService('gateway', 'gateway', values.PORT, values.HOST);

    await Promise.all(services.map(waitUntilReady));
    for (const { name, child } of services) {
      child.once('exit', (code, signal) => {
        if (!stopping) say(`${name} ended (${signal ?? `exit code ${code}`})`);
      });
    }
    onHangup(() => services.find(({ name }) => name === 'gateway')?.child.kill('SIGHUP'));
    say(`\nGatehouse, five processes\n  endpoint   ${publicUrl}/graphql`);
    for (const { name, port } of services) say(`  ${name.padEnd(13)}127.0.0.1:${port}`);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
});

async function waitUntilReady({ name, port, child }: Service): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new StartupError(`${name} did not start (exit code ${child.exitCode}).`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new StartupError(`${name} was not ready within a minute.`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await ended;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
