import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

type Process = { pid: number; parent: number; command: string };

async function allProcesses(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid && parent && command && !state?.startsWith('Z')
      ? [{ pid: Number(pid), parent: Number(parent), command }]
      : [];
  });
}

/**
 * The processes of a deployment: the one we started, whatever descends from it, and those that name its data folder (the
 * bundled PostgreSQL outlives a killed parent), with their descendants.
 */
export async function processesOf(pid: number, dataDir: string): Promise<number[]> {
  const all = await allProcesses();
  const found = new Set(
    all.filter((one) => one.pid === pid || one.command.includes(dataDir)).map((one) => one.pid),
  );
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const one of all) if (found.has(one.parent)) found.add(one.pid);
  }
  found.delete(process.pid);
  return [...found];
}

export async function stillAlive(pids: readonly number[]): Promise<Process[]> {
  return (await allProcesses()).filter((one) => pids.includes(one.pid));
}

/** `kill -9` for all at once: none gets to tidy up after another. */
export const killAll = (pids: readonly number[]): void => signalAll(pids, 'SIGKILL');

/** A signal for all that are still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
