import { migrations as auth } from '@gatehouse/auth/migrations';
import { migrate, openDatabase } from '@gatehouse/data';
import { migrations as notification } from '@gatehouse/notification/migrations';
import { openPorts } from '@gatehouse/process/ports';
import type { Logger } from '@gatehouse/service-kit';
import { migrations as storage } from '@gatehouse/storage/migrations';
import { migrations as user } from '@gatehouse/user/migrations';

export const migrations = { user, auth, storage, notification };

/** Brings every schema of one database up to date, the ports' tables first. */
export async function migrateAll(options: { databaseUrl: string; logger: Logger }): Promise<void> {
  const ports = await openPorts({ ...options, poolSize: 2 });
  await ports.close();
  for (const migration of Object.values(migrations)) {
    const database = openDatabase({
      url: options.databaseUrl,
      schema: migration.schema,
      poolSize: 1,
      applicationName: 'gatehouse migrate',
    });
    await migrate(database, migration).finally(() => database.close());
  }
}
