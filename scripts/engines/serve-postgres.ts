// node serve-postgres.ts FOLDER: the bundled PostgreSQL with its data in FOLDER, as durable as ever, until SIGTERM.
import { startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { createLogger } from '@gatehouse/service-kit';

const logger = createLogger({ name: 'postgres', level: 'error' });
const [dataDir = ''] = process.argv.slice(2);
const server = await startEmbeddedPostgres({ dataDir, logger });
process.once('SIGTERM', () => {
  server.stop().then(() => process.exit(0));
});
