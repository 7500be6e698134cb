import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findEmbeddedPostgres, giveCluster, startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { type Logger, StartupError } from '@gatehouse/service-kit';
import { openDataDir, restoreFolder } from '../data-dir.ts';
import { migrateAll } from '../migrations.ts';
import { readArchive } from './read-archive.ts';

/**
 * Makes the folder what the archive says: unpacked and brought up to date aside, then put in its place. While that lasts, and after
 * it was interrupted, the folder can't be started on; done again, it goes through. When it fails, what was there stays as it was.
 */
export async function placeArchive(options: {
  file: string;
  dataDir: string;
  logger: Logger;
  say: (line: string) => void;
}): Promise<void> {
  const { file, dataDir, logger, say } = options;
  const work = join(dataDir, restoreFolder);
  const draft = join(work, 'data');
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const interrupted = await claim(work);
  try {
    // Now that no start can begin any more.
    await refuseRunning(dataDir);
    await endLeftover(draft, logger);
    await rm(draft, { recursive: true, force: true });
    // So that PostgreSQL gets through, which root runs as another user.
    await mkdir(draft, { mode: 0o711 });
    say('Unpacking');
    await unpack(file, draft);
    await giveCluster(draft);
    say('Starting the database that was unpacked, and bringing it up to date');
    await openDataDir(draft);
    const server = await startEmbeddedPostgres({ dataDir: draft, logger });
    await migrateAll({ databaseUrl: server.url(), logger }).finally(server.stop);
  } catch (error) {
    // What an interrupted one has half put in its place is not for a start to find.
    if (!interrupted) await rm(work, { recursive: true, force: true });
    throw error;
  }
  const replaced = join(work, 'replaced');
  await mkdir(replaced, { recursive: true });
  for (const name of await readdir(dataDir)) {
    if (name === restoreFolder) continue;
    await rm(join(replaced, name), { recursive: true, force: true });
    await rename(join(dataDir, name), join(replaced, name));
  }
  for (const name of await readdir(draft)) await rename(join(draft, name), join(dataDir, name));
  await rm(work, { recursive: true, force: true });
}

/** Makes the folder to work in; true when it is that of one that was interrupted. StartupError while another works in it. */
async function claim(work: string): Promise<boolean> {
  const owner = join(work, 'pid');
  const made = await mkdir(work, { recursive: true, mode: 0o711 });
  const before = Number(await readFile(owner, 'utf8').catch(() => '0'));
  if (before > 0 && isAlive(before)) throw new StartupError(`Process ${before} is restoring this folder.`);
  await writeFile(owner, String(process.pid));
  return made === undefined;
}

/** StartupError while an instance, or its database, runs on the folder. */
export async function refuseRunning(dataDir: string): Promise<void> {
  if (await findEmbeddedPostgres(dataDir))
    throw new StartupError(`An instance runs on DATA_DIR ${dataDir}: stop it first.`);
}

/** The database that a killed restore had started on what it unpacked. */
async function endLeftover(draft: string, logger: Logger): Promise<void> {
  if (!(await findEmbeddedPostgres(draft))) return;
  const server = await startEmbeddedPostgres({ dataDir: draft, logger });
  await server.stop();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function unpack(file: string, target: string): Promise<void> {
  await readArchive(file, async ({ name, type }, bytes) => {
    const path = join(target, name);
    if (type === 'directory') return void (await mkdir(path, { recursive: true, mode: 0o700 }));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(bytes, createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true }));
  });
}
