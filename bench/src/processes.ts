import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Ready } from './contestant.ts';
import type { Measured, Order } from './load.ts';

export type Running = Ready & { name: string; residentMb(): number; cpuMs(): number; stop(): void };

const startMs = 60_000;
/** Of /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100;
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The core a process is kept on, where the system allows that. */
type Core = 0 | 1 | 'any';

/** A script of this folder in its own process, on one core where the system allows that. */
function start(
  script: string,
  core: Core,
  env: Record<string, string> = {},
  execArgv: string[] = [],
): ChildProcess {
  const child = fork(new URL(script, import.meta.url), {
    execArgv,
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (canPin && core !== 'any' && child.pid) spawnSync('taskset', ['-acp', String(core), String(child.pid)]);
  return child;
}

/** The first message of a child, or why there is none. */
function firstMessage<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} does not start`)), startMs);
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code}`)));
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as T);
    });
  });
}

export async function startSubgraphs(): Promise<{ ports: Record<string, number>; stop(): void }> {
  const child = start('./serve-subgraphs.ts', 1);
  const { ports } = await firstMessage<{ ports: Record<string, number> }>(child, 'the subgraphs');
  return { ports, stop: () => end(child) };
}

export async function startOneSubgraph(name: string, env: Record<string, string>) {
  const child = start('./serve-one-subgraph.ts', 'any', { ...env, BENCH_NAME: name });
  const { port } = await firstMessage<{ port: number }>(child, name);
  return { port, stop: () => end(child) };
}

const end = (child: ChildProcess) => void (child.connected && child.disconnect());

export async function startContestant(
  name: string,
  script: string,
  env: Record<string, string>,
  execArgv: string[] = [],
  core: Core = 0,
): Promise<Running> {
  const child = start(
    `./contestants/${script}`,
    core,
    { ...env, BENCH_PORT: String(await freePort()) },
    execArgv,
  );
  const ready = await firstMessage<Ready>(child, name);
  return {
    ...ready,
    name,
    residentMb: () => residentMb(child.pid),
    cpuMs: () => cpuMs(child.pid),
    stop: () => end(child),
  };
}

/** One load generator for all measurements. */
export function startLoad(core: Core = 1) {
  const child = start('./load.ts', core);
  return {
    async measure(order: Order): Promise<Measured> {
      const answer = firstMessage<{ measured?: Measured; problem?: string }>(child, 'the load generator');
      child.send(order);
      const { measured, problem } = await answer;
      child.removeAllListeners('exit');
      if (!measured) throw new Error(problem);
      return measured;
    },
    stop: () => end(child),
  };
}

/** Processor time that a process has used, all its threads together. */
function cpuMs(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * (1_000 / ticksPerSecond);
  } catch {
    return 0;
  }
}

function residentMb(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1_024);
  } catch {
    return 0;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
