import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StartupError } from '@gatehouse/service-kit';
import type { Binaries } from './binaries.ts';
import type { RunAs } from './run-as.ts';

export const superuser = 'postgres';

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * Makes the cluster in `<dataDir>/postgres` unless it is there. It is made aside and moved into place as the last
 * step: a process that is killed, or two that start together, never leave half of one.
 */
export async function ensureCluster(options: {
  dataDir: string;
  password: string;
  binaries: Binaries;
  runAs: RunAs;
  durable: boolean;
  onProgress: (line: string) => void;
}): Promise<string> {
  const { dataDir, runAs } = options;
  const cluster = path.join(dataDir, 'postgres');
  if (await exists(path.join(cluster, 'PG_VERSION'))) return cluster;

  options.onProgress('Preparing the bundled PostgreSQL (first start only)');
  await removeLeftovers(dataDir);
  const draft = path.join(dataDir, `postgres.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, options.password, { mode: 0o600 });
    if (runAs.owner) {
      await chown(draft, runAs.owner.uid, runAs.owner.gid);
      await chown(passwordFile, runAs.owner.uid, runAs.owner.gid);
    }
    await initdb(options, draft, passwordFile);
    await rename(draft, cluster).catch(async (error: unknown) => {
      // Another process was first; its cluster has the same password.
      if (!(await exists(path.join(cluster, 'PG_VERSION')))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
  return cluster;
}

async function initdb(
  { binaries, runAs, durable }: { binaries: Binaries; runAs: RunAs; durable: boolean },
  folder: string,
  passwordFile: string,
): Promise<void> {
  const child = runAs.spawn(
    binaries.initdb,
    [
      `--pgdata=${folder}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Built in: sorts and folds the same on every machine, whatever locales it has.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(durable ? [] : ['--no-sync']),
    ],
    { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, TZ: 'UTC' } },
  );
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    const reason =
      errors
        .trim()
        .split('\n')
        .find((line) => /error|fatal/i.test(line)) ?? errors.trim();
    throw new StartupError(
      `The bundled PostgreSQL could not be prepared in ${folder}: ${reason || `exit code ${code}`}`,
    );
  }
}

/** Drafts of processes that no longer run. */
async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^postgres\.tmp-(\d+)-/.exec(name)?.[1];
    if (!pid || isAlive(Number(pid))) continue;
    // An initdb that outlived its parent may still write there: then it is left for the next time.
    await rm(path.join(dataDir, name), { recursive: true, force: true }).catch(() => {});
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
