import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '@gatehouse/service-kit';

/** Layout of the data folder; a newer one belongs to a newer version of Gatehouse. */
const layoutVersion = 1;

/** What `restore` works in. It goes as its last step: while it is there, the folder is neither what it was nor what it will be. */
export const restoreFolder = 'restore';

export type Secrets = { auth: string; storage: string };

/**
 * Makes sure that the data folder exists, can be written and is of a layout this version knows. Touches nothing else.
 */
export async function openDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    if (existsSync(join(dataDir, restoreFolder))) {
      throw new StartupError(
        `DATA_DIR ${dataDir} is being restored, or a restore of it was interrupted: run it again.`,
      );
    }
    const versionFile = join(dataDir, 'version.json');
    const known = await readFile(versionFile, 'utf8').catch(ignoreMissing);
    if (!known) return await writeAtomically(versionFile, JSON.stringify({ layout: layoutVersion }), 0o644);
    const { layout } = JSON.parse(known) as { layout: number };
    if (!(layout <= layoutVersion)) {
      throw new StartupError(`DATA_DIR ${dataDir} is from a newer version of Gatehouse (layout ${layout}).`);
    }
    await writeAtomically(versionFile, JSON.stringify({ layout: layoutVersion }), 0o644);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`DATA_DIR ${dataDir} can't be used: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

/** The secrets of this installation, made at the first start. */
export async function readSecrets(dataDir: string): Promise<Secrets> {
  const file = join(dataDir, 'secrets.json');
  const known = await readFile(file, 'utf8').catch(ignoreMissing);
  if (known) return JSON.parse(known) as Secrets;
  const secrets: Secrets = { auth: newSecret(), storage: newSecret() };
  await writeAtomically(file, JSON.stringify(secrets), 0o600);
  return secrets;
}

const newSecret = () => randomBytes(32).toString('base64url');

/** Whole or not at all, also when the process dies in the middle. */
async function writeAtomically(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${text}\n`, { mode, flush: true });
  await rename(draft, file);
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS')
    return 'it is not writable.';
  if (error.code === 'ENOTDIR' || error.code === 'EEXIST') return 'a file is in the way.';
  return error.message;
}
