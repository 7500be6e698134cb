import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Ready } from './contestant.ts';
import type { Heard, Listen } from './listeners.ts';
import type { Measured, Order } from './load.ts';

export type Process = { tell(message: object): void; stop(): void };
export type Running = Ready & Process & { name: string; residentMb(): number; cpuMs(): number };

const startMs = 60_000;
/** Of /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100;
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The core a process is kept on, where the system allows that. */
type Core = 0 | 1 | 'any';

/** Keeps a process with all its threads on a core, where the system allows that. */
export function pin(pid: number, core: 0 | 1): void {
  if (canPin) spawnSync('taskset', ['-acp', String(core), String(pid)]);
}

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
  // Told to whoever waits for a message.
  child.on('error', () => {});
  if (core !== 'any' && child.pid) pin(child.pid, core);
  return child;
}

/** The first message of a child, or why there is none. */
async function firstMessage<T>(child: ChildProcess, what: string): Promise<T> {
  const message = nextMessage<T>(child, what);
  const timer = setTimeout(() => child.emit('error', new Error(`${what} does not start`)), startMs);
  return await message.finally(() => clearTimeout(timer));
}

/** The next message of a child, or why there is none. */
function nextMessage<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      child.off('exit', exit);
      child.off('error', fail);
      child.off('message', message);
    };
    const fail = (error: Error) => {
      forget();
      reject(error);
    };
    const exit = (code: number | null) => fail(new Error(`${what} ended with ${code}`));
    const message = (given: unknown) => {
      forget();
      resolve(given as T);
    };
    child.once('exit', exit);
    child.once('error', fail);
    child.once('message', message);
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

/** The subgraph that has a subscription. */
export async function startLive(env: Record<string, string>): Promise<{ port: number } & Process> {
  const child = start('./serve-live.ts', 1, env);
  const { port } = await firstMessage<{ port: number }>(child, 'the subgraph');
  return { port, tell: (message) => void child.send(message), stop: () => end(child) };
}

/** The clients of a subscription. */
export function startListeners(): {
  ask(listen: Listen): Promise<Heard>;
  next(): Promise<Heard>;
  giveUpAfter(milliseconds: number): void;
  stop(): void;
} {
  const child = start('./listeners.ts', 1);
  const next = () => nextMessage<Heard>(child, 'the clients');
  const late = () => child.emit('error', new Error('the events have not reached all clients in time'));
  let timer: NodeJS.Timeout | undefined;
  return {
    giveUpAfter(milliseconds) {
      timer = setInterval(late, milliseconds);
    },
    ask(listen) {
      child.send(listen);
      return next();
    },
    next,
    stop() {
      clearInterval(timer);
      end(child);
    },
  };
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
    tell: (message) => void child.send(message),
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
      if (!measured) throw new Error(problem);
      return measured;
    },
    stop: () => end(child),
  };
}

/** A script of this folder that says something when it is ready, and answers what it is asked. */
export async function startHelper<Ready>(
  script: string,
  env: Record<string, string> = {},
  core: Core = 'any',
) {
  const child = start(script, core, env);
  const ready = await firstMessage<Ready>(child, script);
  return { ...ready, ...helperOf(child, script) };
}

/** One that says nothing before it is asked. */
export const startAsker = (script: string, core: Core = 'any') => helperOf(start(script, core), script);

const helperOf = (child: ChildProcess, script: string) => ({
  async ask<Answer>(order: object): Promise<Answer> {
    const answer = nextMessage<{ measured?: Answer; problem?: string }>(child, script);
    child.send(order);
    const { measured, problem } = await answer;
    if (measured === undefined) throw new Error(problem);
    return measured;
  },
  cpuMs: () => cpuMs(child.pid),
  stop: () => end(child),
});

/** Processor time that a process has used, all its threads together. */
export function cpuMs(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * (1_000 / ticksPerSecond);
  } catch {
    return 0;
  }
}

/** Resident memory of a process. */
export function residentMb(pid: number | undefined): number {
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
