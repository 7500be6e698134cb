import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, mkdir, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Logger, StartupError } from '@gatehouse/service-kit';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { readCredentials } from './credentials.ts';
import { applicationRole, ensureDatabase } from './ensure-database.ts';
import { isServerOf, readPostmaster } from './postmaster.ts';
import { chooseUser } from './run-as.ts';
import { type RunningServer, runServer } from './run-server.ts';
import { hasSocket } from './socket.ts';

export { type BaseBackup, openBaseBackup } from './base-backup.ts';

export type EmbeddedPostgresOptions = {
  dataDir: string;
  logger: Logger;
  /** What takes a moment, in words for the person who waits. */
  onProgress?: (line: string) => void;
  /** False only in tests: quick, and lost when the machine goes down. */
  durable?: boolean;
};

export type EmbeddedPostgres = {
  /** The connection URL of a database; `gatehouse` unless named, which exists. Its user may create databases, no more. */
  url(database?: string): string;
  version: string;
  /** Shuts the server down and waits for it; at most about 5 s. */
  stop(): Promise<void>;
};

/** The URL of the application's database while an instance runs on this folder; undefined while none does. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const folder = await realpath(dataDir).catch(() => undefined);
  const cluster = folder && path.join(folder, 'postgres');
  const postmaster = cluster && (await readPostmaster(cluster));
  if (!folder || !postmaster || !(await isServerOf(cluster, postmaster.pid))) return undefined;
  return urlOf(cluster, (await readCredentials(folder)).password, postmaster.port);
}

/** Through the cluster's socket where there is one that can be named: a query takes a tenth less than through TCP. */
function urlOf(cluster: string, password: string, port: number, database: string = applicationRole): string {
  const url = `postgres://${applicationRole}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return hasSocket(cluster, port) ? `${url}?host=${encodeURIComponent(cluster)}` : url;
}

/**
 * Starts the bundled PostgreSQL with its data in `dataDir`, or adopts the server that a killed predecessor left.
 * StartupError when the folder is not writable or in use by a running instance, or the platform is not supported.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { logger, onProgress = () => {}, durable = true } = options;
  const dataDir = await prepareFolder(options.dataDir);
  const binaries = await findBinaries();
  const runAs = await chooseUser([dataDir, binaries.folder]);
  const credentials = await readCredentials(dataDir);
  const cluster = await ensureCluster({
    dataDir,
    password: credentials.password,
    binaries,
    runAs,
    durable,
    onProgress,
  });
  const server: RunningServer = await runServer({
    dataDir,
    cluster,
    credentials,
    binaries,
    runAs,
    durable,
    logger,
    onProgress,
  });
  try {
    const version = await ensureDatabase(server.port(), credentials.password);
    return {
      url: (database) => urlOf(cluster, credentials.password, server.port(), database),
      version,
      stop: server.stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepareFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new StartupError(`DATA_DIR ${path.resolve(folder)} is not writable (${code}).`);
  }
}

/** The version of the bundled PostgreSQL, such as `18.4`. */
export async function bundledVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)((await findBinaries()).postgres, ['--version']);
  return /\d+(\.\d+)*/.exec(stdout)?.[0] ?? '';
}

/** Gives a cluster that was written into the folder to the user that its server will run as. */
export async function giveCluster(dataDir: string): Promise<void> {
  const { owner } = await chooseUser([]);
  if (!owner) return;
  const cluster = path.join(dataDir, 'postgres');
  for (const entry of ['', ...(await readdir(cluster, { recursive: true }))])
    await chown(path.join(cluster, entry), owner.uid, owner.gid);
}
