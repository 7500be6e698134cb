import { fileURLToPath } from 'node:url';
import { type Database, migrate } from '@gatehouse/data';

/** The tables of the PostgreSQL event bus: in schema `platform`, with a journal of their own. */
export const migrateEventBus = (database: Database): Promise<void> =>
  migrate(database, {
    folder: fileURLToPath(new URL('../../migrations', import.meta.url)),
    schema: 'platform',
    journal: 'event_migration',
  });
