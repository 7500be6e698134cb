import { resolve } from 'node:path';
import { openPorts, type Ports } from '@gatehouse/process/ports';
import { createLogger, type Logger } from '@gatehouse/service-kit';
import { openDataDir } from '../data-dir.ts';
import { reachEngine } from '../engine.ts';
import { type Environment, readStandaloneEnvironment } from '../environment.ts';

/** What a command works on: that of the environment, whether an instance runs on it or not. */
export type Opened = {
  values: Environment;
  dataDir: string;
  databaseUrl: string;
  ports: Ports;
  logger: Logger;
};

/** Runs a command on the database of the environment, which is started when nothing serves it, and closes what was opened. */
export async function besideInstance(
  name: string,
  say: (line: string) => void,
  run: (opened: Opened) => Promise<void>,
): Promise<void> {
  const values = readStandaloneEnvironment();
  const logger = createLogger({ name, level: values.LOG_LEVEL });
  const dataDir = resolve(values.DATA_DIR);
  await openDataDir(dataDir);
  const engine = await reachEngine({ databaseUrl: values.DATABASE_URL, dataDir, logger, onProgress: say });
  const databaseUrl = engine.url;
  try {
    const ports = await openPorts({ databaseUrl, poolSize: 1, redisUrl: values.REDIS_URL, logger });
    try {
      await run({ values, dataDir, databaseUrl, ports, logger });
    } finally {
      await ports.close();
    }
  } finally {
    await engine.stop();
  }
}
