import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { nodeFlags } from '../topology/deployment.ts';

export type Ended = { code: number | null; stdout: string; stderr: string; milliseconds: number };

const root = resolve(import.meta.dirname, '../..');

/** Starts Gatehouse with an environment it can't start with, and waits until it has said why. */
export async function runToEnd(env: Record<string, string>, withinMs = 60_000): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const started = Date.now();
  const child = spawn(process.execPath, [...nodeFlags, 'standalone/src/main.ts'], {
    cwd: root,
    env: { PATH, HOME, HOST: '127.0.0.1', BCRYPT_COST: '4', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  clearTimeout(timer);
  return { code, stdout, stderr, milliseconds: Date.now() - started };
}
