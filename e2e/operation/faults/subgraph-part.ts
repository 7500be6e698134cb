import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { SubgraphName } from '@gatehouse/service-kit/subgraph';
import { nodeFlagsOf } from '../../../scripts/lib/node-flags.ts';
import type { Deployment } from '../../topology/deployment.ts';
import type { Part } from './part.ts';

/** A subgraph of a running fleet, which is started again as it was started first. Linux: /proc tells how that was. */
export async function subgraphServer(
  name: SubgraphName,
  deployment: Deployment,
  port: number,
): Promise<Part['server'] & { close(): Promise<void> }> {
  const all = await deployment.processes();
  const first = all.find((pid) => folderOf(pid)?.endsWith(`/subgraphs/${name}`));
  if (!first) throw new Error(`${name} does not run`);
  const cwd = folderOf(first) ?? '';
  const env = environmentOf(first);
  let pid = first;
  let own: ChildProcess | undefined;

  const isThere = () => folderOf(pid) !== undefined;
  const halt = async (signal: NodeJS.Signals = 'SIGTERM') => {
    send(pid, signal);
    for (const deadline = Date.now() + 10_000; isThere(); await pause(10)) {
      if (Date.now() > deadline) throw new Error(`${name} does not end`);
    }
  };

  return {
    signal: (signal) => send(pid, signal),
    halt,
    async resume() {
      const log = openSync(deployment.logFile, 'a');
      own = spawn(process.execPath, [...nodeFlagsOf(name), 'src/main.ts'], {
        cwd,
        env,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      pid = own.pid ?? 0;
      for (const deadline = Date.now() + 20_000; !(await isReady(port)); await pause(20)) {
        if (own.exitCode !== null || Date.now() > deadline) throw new Error(`${name} does not come back`);
      }
    },
    async close() {
      if (own && isThere()) {
        send(pid, 'SIGCONT');
        await halt('SIGKILL');
      }
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Undefined when there is no such process, or only its exit code. */
function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

const environmentOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
