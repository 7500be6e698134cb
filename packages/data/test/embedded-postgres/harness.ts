import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';

export type Said = { url?: string; error?: string; name?: string; progress?: string };
export type Instance = { child: ChildProcess; said: Said; end(signal: NodeJS.Signals): Promise<void> };

const script = path.join(import.meta.dirname, 'instance.ts');

/** Starts an instance in a process of its own; `said` is its URL or why it did not start. */
export async function startInstance(dataDir: string, user?: { uid: number; gid: number }): Promise<Instance> {
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'], ...user });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const said = await new Promise<Said>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message: Said = JSON.parse(line);
      if (message.progress === undefined) resolve(message);
    });
    exited.then(() => resolve({ error: 'exited silently' }));
  });
  return {
    child,
    said,
    async end(signal) {
      child.kill(signal);
      await exited;
    },
  };
}

export async function temporaryFolder(mode = 0o711): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-embedded-'));
  await chmod(folder, mode);
  return folder;
}

export async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

export async function query(url: string | undefined, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A process that has ended and waits to be reaped does not count: some containers never reap. */
export function isRunning(pid: number): boolean {
  const state = spawnSync('ps', ['-p', String(pid), '-o', 'stat='], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

/** Ends what a failed test may have left. */
export async function cleanUp(dataDir: string): Promise<void> {
  const pid = await postmasterPid(dataDir).catch(() => 0);
  if (pid > 1 && pid !== process.pid && isRunning(pid)) process.kill(pid, 'SIGQUIT');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
