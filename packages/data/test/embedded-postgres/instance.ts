import { createLogger } from '@gatehouse/service-kit';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';

// A process that runs the bundled PostgreSQL until it is told to stop; the test reads its lines.
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  const server = await startEmbeddedPostgres({
    dataDir: String(process.argv[2]),
    logger: createLogger({ name: 'test', level: 'silent' }),
    onProgress: (progress) => say({ progress }),
  });
  process.once('SIGTERM', async () => {
    await server.stop();
    process.exit(0);
  });
  setInterval(() => {}, 60_000);
  say({ url: server.url() });
} catch (error) {
  say({ error: (error as Error).message, name: (error as Error).name });
  process.exitCode = 1;
}
