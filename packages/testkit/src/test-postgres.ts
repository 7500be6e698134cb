import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { silentLogger } from './silent-logger.ts';

export const urlVariable = 'GATEHOUSE_TEST_POSTGRES_URL';
/** Set when the server is one of our own, which goes with the run. */
export const ownServerVariable = 'GATEHOUSE_TEST_POSTGRES_IS_OWN';

/**
 * One PostgreSQL for a whole test run: the one that GATEHOUSE_TEST_POSTGRES_URL names (its user must be allowed to
 * create databases), else a bundled one without fsync in a folder of its own, which is gone when the run ends,
 * however it ends.
 */
export async function startTestPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env[urlVariable];
  if (given) return { url: given, stop: async () => {} };
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-test-'));
  // So that root may run it as another user.
  await chmod(folder, 0o711);
  const release = removeAfterUs(folder);
  const server = await startEmbeddedPostgres({ dataDir: folder, logger: silentLogger, durable: false });
  const url = server.url('postgres');
  process.env[urlVariable] = url;
  process.env[ownServerVariable] = '1';
  return {
    url,
    async stop() {
      delete process.env[urlVariable];
      delete process.env[ownServerVariable];
      await server.stop();
      await release();
    },
  };
}

/** A process that waits for the end of ours, by the end of its input, and then ends the server and its folder. */
function removeAfterUs(folder: string): () => Promise<void> {
  const script =
    'cat >/dev/null; kill -QUIT "$(head -n1 "$1/postgres/postmaster.pid")" 2>/dev/null; sleep 0.1; rm -rf "$1"';
  const child = spawn('sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.unref();
  return async () => {
    child.ref();
    child.stdin.end();
    await gone;
  };
}
