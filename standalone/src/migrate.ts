import { resolve } from 'node:path';
import { createLogger, StartupError } from '@gatehouse/service-kit';
import { openDataDir } from './data-dir.ts';
import { startEngine } from './engine.ts';
import { readStandaloneEnvironment } from './environment.ts';
import { migrateAll } from './migrations.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const values = readStandaloneEnvironment();
  const logger = createLogger({ name: 'migrate', level: values.LOG_LEVEL });
  const dataDir = resolve(values.DATA_DIR);
  if (!values.DATABASE_URL) await openDataDir(dataDir);
  const engine = await startEngine({ databaseUrl: values.DATABASE_URL, dataDir, logger, onProgress: say });
  await migrateAll({ databaseUrl: engine.url, logger }).finally(engine.stop);
  say('The database is up to date.');
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
