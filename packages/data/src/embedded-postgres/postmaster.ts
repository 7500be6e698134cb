import { execFile } from 'node:child_process';
import { chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from './cluster.ts';
import { socketLockOf } from './socket.ts';

export type Postmaster = { pid: number; port: number };

const fileOf = (cluster: string) => path.join(cluster, 'postmaster.pid');

/** What `postmaster.pid` says: line 1 the process, line 4 the port. Nothing when no server is (or was) up. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(fileOf(cluster), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, port: Number(lines[3] ?? 0) } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the process is a PostgreSQL server of this cluster, not one that got its number after a crash. */
export async function isServerOf(cluster: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const command = await commandLine(pid);
  return command === undefined || (/postgres/.test(command) && command.includes(cluster));
}

async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return (await promisify(execFile)('ps', ['-p', String(pid), '-o', 'args='])).stdout;
  } catch {
    return undefined;
  }
}

/**
 * After a crash `postmaster.pid` and the lock of the socket may name a process that has nothing to do with them, and the
 * server then refuses to start. Our own number in its place is accepted (a server ignores its parent), while its check
 * for survivors that still use the shared memory stays in force, which deleting the file would disarm.
 */
export async function disownStalePid(cluster: string, stale: Postmaster): Promise<void> {
  for (const file of [fileOf(cluster), socketLockOf(cluster, stale.port)]) await disownIn(file, stale.pid);
}

async function disownIn(file: string, stalePid: number): Promise<void> {
  const found = await Promise.all([readFile(file, 'utf8'), stat(file)]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return;
  const [text, { uid, gid }] = found;
  const lines = text.split('\n');
  if (Number(lines[0]) !== stalePid || !isAlive(stalePid)) return;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, [process.pid, ...lines.slice(1)].join('\n'), { mode: 0o600 });
  await chown(draft, uid, gid);
  await rename(draft, file);
}

/** Fast shutdown; the crash-like kind when that takes longer than `patienceMs` (data stay safe, recovery is longer). */
export async function stopPostmaster(cluster: string, pid: number, patienceMs: number): Promise<void> {
  const down = async () => (await readPostmaster(cluster))?.pid !== pid || !isAlive(pid);
  for (const [signal, ms] of [
    ['SIGINT', patienceMs],
    ['SIGQUIT', 1_000],
    ['SIGKILL', 1_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const end = Date.now() + ms; Date.now() < end; ) {
      if (await down()) return afterwards(pid);
      await delay(10);
    }
  }
}

/** Its last steps, after the file is gone. Bounded: where nobody reaps orphans, the dead keep their number. */
async function afterwards(pid: number): Promise<void> {
  for (const end = Date.now() + 500; isAlive(pid) && Date.now() < end; ) await delay(5);
}
