import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bundledVersion } from '@gatehouse/data/embedded-postgres';
import { createLogger, StartupError } from '@gatehouse/service-kit';
import { refuseUnfit } from '../backup/manifest.ts';
import { placeArchive, refuseRunning } from '../backup/place.ts';
import { readArchive } from '../backup/read-archive.ts';
import { restoreFolder } from '../data-dir.ts';
import { readStandaloneEnvironment } from '../environment.ts';

/**
 * `restore FILE`: DATA_DIR as it was when the archive was made, brought up to date with this version. StartupError, and nothing changed,
 * for a folder that is in use or, without `replace`, holds data, and for an archive that is damaged or of a newer version.
 */
export async function restore(
  given: string,
  { replace }: { replace: boolean },
  say: (line: string) => void,
): Promise<void> {
  const values = readStandaloneEnvironment();
  if (values.DATABASE_URL)
    throw new StartupError('This restores DATA_DIR, and with DATABASE_URL data lie elsewhere.');
  const [file, dataDir] = [resolve(given), resolve(values.DATA_DIR)];
  const held = await readdir(dataDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new StartupError(`DATA_DIR ${dataDir} can't be used: ${error.message}`);
  });
  // Whoever began one that was interrupted has agreed already.
  const agreed = replace || held.length === 0 || held.includes(restoreFolder);
  if (!agreed)
    throw new StartupError(`DATA_DIR ${dataDir} is not empty: with --replace, what is in it is given up.`);
  await refuseRunning(dataDir);
  say('Checking the archive');
  const manifest = await readArchive(file, async (_, bytes) => {
    for await (const _chunk of bytes);
  }).catch(explain(file));
  refuseUnfit(manifest, await bundledVersion());

  const logger = createLogger({ name: 'restore', level: values.LOG_LEVEL });
  await placeArchive({ file, dataDir, logger, say }).catch(explain(file));
  say(`${dataDir} is as it was at ${manifest.createdAt}. What was revoked since then is not revoked in it.`);
}

/** What the file system says is said in one line. */
const explain = (file: string) => (error: unknown) => {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof StartupError || syscall === undefined) throw error;
  throw new StartupError(`${file} can't be restored: ${message}`);
};
