import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningEngine } from './engine.ts';

type Launch = { command: string; args: readonly string[]; url: string };

/**
 * Runs an engine as a child in a folder of its own, which goes with it. `answers` is asked until it does. A watcher ends the engine
 * and removes the folder when this process ends without doing so.
 */
export async function runEngine(options: {
  name: string;
  /** Where its folder is made; among the system's temporary files unless told. */
  parent?: string | undefined;
  /** How long it may take until it answers; 20 s unless told. */
  startMs?: number;
  launch(folder: string): Promise<Launch>;
  answers(url: string): Promise<boolean>;
}): Promise<RunningEngine> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), `gatehouse-${options.name}-`));
  const log = join(folder, 'output.log');
  const { command, args, url } = await options.launch(folder);
  let child: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGCONT');
    ending.kill(signal);
    await ended;
  };

  const resume = async () => {
    const output = openSync(log, 'a');
    const started = spawn(command, args, { cwd: folder, stdio: ['ignore', output, output] });
    closeSync(output);
    child = started;
    started.once('error', () => {});
    const deadline = Date.now() + (options.startMs ?? 20_000);
    while (!(await options.answers(url).catch(() => false))) {
      if (started.exitCode !== null || started.pid === undefined || Date.now() > deadline) {
        await end('SIGKILL');
        throw new Error(`${options.name} did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    watcher.stdin?.write(`${started.pid}\n`);
  };

  const script =
    'while read -r pid; do last=$pid; done; kill -KILL "$last" 2>/dev/null; sleep 0.1; rm -rf "$1"';
  const watcher = spawn('sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();

  const stop = async () => {
    await end('SIGKILL');
    const gone = new Promise((resolve) => watcher.once('exit', resolve));
    watcher.ref();
    watcher.stdin?.end();
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    pid: () => child?.pid ?? 0,
    signal: (signal) => void child?.kill(signal),
    halt: (signal = 'SIGTERM') => end(signal),
    resume,
    stop,
  };
}
