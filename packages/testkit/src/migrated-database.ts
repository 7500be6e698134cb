import { type MigrateOptions, migrate, openDatabase } from '@gatehouse/data';
import { openPorts } from '@gatehouse/process/ports';
import { silentLogger } from './silent-logger.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** A new database with the tables of a subgraph and those behind the ports. */
export const createMigratedDatabase = (migrations: MigrateOptions): Promise<TestDatabase> =>
  createTestDatabase({
    name: migrations.schema,
    async prepare(url) {
      const ports = await openPorts({ databaseUrl: url, poolSize: 1, logger: silentLogger });
      await ports.close();
      const { schema } = migrations;
      const database = openDatabase({ url, schema, poolSize: 1, applicationName: 'test migrate' });
      await migrate(database, migrations).finally(() => database.close());
    },
  });
