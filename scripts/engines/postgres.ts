import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from '../../e2e/topology/free-ports.ts';
import { processesOf, signalAll } from '../../e2e/topology/processes.ts';
import type { RunningEngine } from './engine.ts';
import { runEngine } from './engine-process.ts';

const main = join(import.meta.dirname, 'serve-postgres.ts');
const password = 'of a server for tests';

/** The bundled PostgreSQL as a server of its own, which can go away under who uses it. `parent` is where its folder is made. */
export async function startPostgres(parent?: string): Promise<RunningEngine> {
  const port = await freePorts(1);
  let dataDir = '';
  const engine = await runEngine({
    name: 'postgres',
    parent,
    async launch(folder) {
      await chmod(folder, 0o711);
      dataDir = join(folder, 'data');
      await mkdir(dataDir);
      await writeFile(join(dataDir, 'postgres.json'), JSON.stringify({ password, port }));
      const url = `postgres://gatehouse:${encodeURIComponent(password)}@127.0.0.1:${port}/gatehouse`;
      return { command: process.execPath, args: [main, dataDir], url };
    },
    answers: async (url) => {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
      client.on('error', () => {});
      try {
        await client.connect();
        return true;
      } finally {
        await client.end().catch(() => {});
      }
    },
  });
  /** The server's processes besides the one that looks after it. */
  const signal = async (name: NodeJS.Signals) => signalAll(await processesOf(engine.pid(), dataDir), name);
  return {
    ...engine,
    signal,
    async halt(name = 'SIGTERM') {
      if (name === 'SIGKILL') await signal(name);
      await engine.halt(name);
    },
    async stop() {
      await signal('SIGKILL');
      await engine.stop();
    },
  };
}
