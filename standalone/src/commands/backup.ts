import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import {
  findEmbeddedPostgres,
  openBaseBackup,
  startEmbeddedPostgres,
} from '@gatehouse/data/embedded-postgres';
import { createLogger, StartupError } from '@gatehouse/service-kit';
import product from '../../../package.json' with { type: 'json' };
import { formatVersion, platform } from '../backup/manifest.ts';
import { writeArchive } from '../backup/write-archive.ts';
import { openDataDir } from '../data-dir.ts';
import { type Environment, readStandaloneEnvironment } from '../environment.ts';

/** Settings by which a part of the data lies elsewhere: an archive without it would only look whole. */
const elsewhere = [
  'DATABASE_URL',
  'MONGODB_URL',
  'USER_URL',
  'AUTH_URL',
  'STORAGE_URL',
  'NOTIFICATION_URL',
] as const;
const ownSecrets = ['AUTH_SECRET', 'STORAGE_SECRET'] as const;

/**
 * `backup FILE`: everything of DATA_DIR, documents and keys included, as it is at one moment, into one archive. An instance that runs
 * goes on. StartupError when there is nothing to back up, or the file exists.
 */
export async function backup(given: string, say: (line: string) => void): Promise<void> {
  const values = readStandaloneEnvironment();
  refuseElsewhere(values);
  const [file, dataDir] = [resolve(given), resolve(values.DATA_DIR)];
  if (!existsSync(join(dataDir, 'postgres', 'PG_VERSION')))
    throw new StartupError(`DATA_DIR ${dataDir} holds no data.`);
  if (!relative(dataDir, file).startsWith('..'))
    throw new StartupError(`${file} lies in DATA_DIR, with which it would be lost.`);
  if (existsSync(file)) throw new StartupError(`${file} exists already.`);
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new StartupError(`The folder ${dirname(file)} does not exist.`);
  await openDataDir(dataDir);

  const logger = createLogger({ name: 'backup', level: values.LOG_LEVEL });
  const server = (await findEmbeddedPostgres(dataDir))
    ? undefined
    : await startEmbeddedPostgres({ dataDir, logger, onProgress: say });
  try {
    const copy = await openBaseBackup(dataDir);
    const manifest = {
      format: formatVersion,
      product: 'gatehouse' as const,
      version: product.version,
      createdAt: new Date().toISOString(),
      postgres: copy.version,
      platform,
    };
    await writeArchive({ file, dataDir, cluster: copy.stream, manifest })
      .catch((error: unknown) => {
        throw new StartupError(`No backup was made: ${(error as Error).message}`);
      })
      .finally(copy.close);
  } finally {
    await server?.stop();
  }
  const { size } = await stat(file);
  say(`${file}: ${(size / 1_048_576).toFixed(1)} MB. It holds keys: whoever reads it can act as anybody.`);
  for (const name of ownSecrets)
    if (values[name]) say(`${name} is set in the environment and not in the archive: keep it with it.`);
}

function refuseElsewhere(values: Environment): void {
  const set = elsewhere.filter((name) => values[name] !== undefined);
  if (set.length === 0) return;
  throw new StartupError(
    `This backs up what lies in DATA_DIR, and with ${set.join(', ')} data lie elsewhere: use the tools of that engine.`,
  );
}
