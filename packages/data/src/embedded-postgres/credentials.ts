import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What is kept in `postgres.json`: the superuser's password, fixed for the cluster's life, and the last port. */
export type Credentials = { password: string; port: number | undefined };

const fileOf = (dataDir: string) => path.join(dataDir, 'postgres.json');

/**
 * Reads the credentials, or makes them. They exist before the cluster does, and of several processes that make them
 * together one wins and the others read what it wrote: the password always fits the cluster.
 */
export async function readCredentials(dataDir: string): Promise<Credentials> {
  const found = await tryRead(dataDir);
  if (found) return found;
  const draft = await writeDraft(dataDir, {
    password: randomBytes(24).toString('base64url'),
    port: undefined,
  });
  await link(draft, fileOf(dataDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  const made = await tryRead(dataDir);
  if (!made) throw new Error(`${fileOf(dataDir)} could not be written`);
  return made;
}

/** Remembers the port, so that a restart comes back on it when it is free. */
export async function rememberPort(dataDir: string, credentials: Credentials): Promise<void> {
  await rename(await writeDraft(dataDir, credentials), fileOf(dataDir));
}

async function tryRead(dataDir: string): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(dataDir), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeDraft(dataDir: string, credentials: Credentials): Promise<string> {
  const draft = `${fileOf(dataDir)}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flush: true });
  return draft;
}
