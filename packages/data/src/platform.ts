import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';

/** Creates or brings up to date the tables behind the PostgreSQL ports, in their own schema `platform`. */
export const migratePlatform = (database: Database): Promise<void> =>
  migrate(database, { folder: fileURLToPath(new URL('../migrations', import.meta.url)), schema: 'platform' });
