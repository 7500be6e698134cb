import { resolve } from 'node:path';
import { openPorts } from '@gatehouse/process';
import { createLogger, StartupError } from '@gatehouse/service-kit';
import { openDataDir } from '../data-dir.ts';
import { reachEngine } from '../engine.ts';
import { readStandaloneEnvironment } from '../environment.ts';

export type EventsCommand = {
  what: 'list' | 'replay';
  /** Only of this consumer group. */
  group?: string | undefined;
  /** Only these dead letters. */
  ids: readonly string[];
};

const pageSize = 500;

/**
 * `events list`: the dead letters on the database of the environment, oldest first. `events replay` has them delivered again, whatever bus brought
 * them, by the instance that runs or by the next one. StartupError for an id that is none.
 */
export async function commandEvents(
  { what, group, ids }: EventsCommand,
  say: (line: string) => void,
): Promise<void> {
  const wrong = ids.find((id) => !/^\d{1,18}$/.test(id));
  if (wrong !== undefined) throw new StartupError(`${wrong} is no id of a dead letter.`);
  const values = readStandaloneEnvironment();
  const logger = createLogger({ name: 'events', level: values.LOG_LEVEL });
  const dataDir = resolve(values.DATA_DIR);
  await openDataDir(dataDir);
  const engine = await reachEngine({ databaseUrl: values.DATABASE_URL, dataDir, logger, onProgress: say });
  const closing: (() => Promise<unknown>)[] = [engine.stop];
  try {
    const ports = await openPorts({
      databaseUrl: engine.url,
      poolSize: 1,
      redisUrl: values.REDIS_URL,
      logger,
    });
    closing.push(ports.close);
    const { deadLetters } = ports.bus;
    const wanted = new Set(ids);
    const found: string[] = [];
    for (let after = '0'; ; ) {
      const page = await deadLetters.list({
        ...(group === undefined ? {} : { group }),
        after,
        limit: pageSize,
      });
      for (const letter of page) {
        if (wanted.size > 0 && !wanted.has(letter.id)) continue;
        found.push(letter.id);
        const { type = 'unknown' } = (letter.event ?? {}) as { type?: unknown };
        if (what === 'list')
          say(
            `${letter.id}  ${letter.diedAt.toISOString()}  ${letter.group}  ${type}  ${letter.attempts}×  ${letter.reason}`,
          );
      }
      const last = page.at(-1);
      if (page.length < pageSize || !last) break;
      after = last.id;
    }
    if (what === 'list') return say(`${found.length} dead letters.`);
    const replayed = found.length > 0 ? await deadLetters.replay(found) : 0;
    say(`${replayed} dead letters are delivered again.`);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
