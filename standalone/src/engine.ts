import { join } from 'node:path';
import type { Logger } from '@gatehouse/service-kit';

export type Engine = {
  url: string;
  /** In words, for the summary. */
  description: string;
  stop(): Promise<void>;
};

/** The engine that an instance runs on at this moment; started for the time being when none does. */
export async function reachEngine(options: Parameters<typeof startEngine>[0]): Promise<Engine> {
  const { databaseUrl, dataDir } = options;
  const { findEmbeddedPostgres } = await import('@gatehouse/data/embedded-postgres');
  return startEngine({ ...options, databaseUrl: databaseUrl ?? (await findEmbeddedPostgres(dataDir)) });
}

/** The PostgreSQL to use: the one of DATABASE_URL, else the bundled one with its data in DATA_DIR. */
export async function startEngine(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  logger: Logger;
  onProgress: (line: string) => void;
}): Promise<Engine> {
  const { databaseUrl, dataDir, logger, onProgress } = options;
  if (databaseUrl) {
    const { host, pathname } = new URL(databaseUrl);
    return { url: databaseUrl, description: `PostgreSQL at ${host}${pathname}`, stop: async () => {} };
  }
  const { startEmbeddedPostgres } = await import('@gatehouse/data/embedded-postgres');
  const server = await startEmbeddedPostgres({ dataDir, logger, onProgress });
  return {
    url: server.url(),
    description: `PostgreSQL ${server.version}, bundled, data in ${join(dataDir, 'postgres')}`,
    stop: server.stop,
  };
}
