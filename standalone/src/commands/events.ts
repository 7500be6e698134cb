import type { DeadLetter, DeadLetters } from '@gatehouse/events';
import { StartupError } from '@gatehouse/service-kit';
import { besideInstance } from './beside-instance.ts';

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
 * them, by the instance that runs or by the next one. StartupError, and nothing is delivered, for an id of no dead letter.
 */
export async function commandEvents(
  { what, group, ids }: EventsCommand,
  say: (line: string) => void,
): Promise<void> {
  const wrong = ids.find((id) => !/^\d{1,18}$/.test(id));
  if (wrong !== undefined) throw new StartupError(`${wrong} is no id of a dead letter.`);
  await besideInstance('events', say, async ({ ports }) => {
    const { deadLetters } = ports.bus;
    const missing = new Set(ids);
    const found: string[] = [];
    for await (const letter of all(deadLetters, group)) {
      if (ids.length > 0 && !missing.delete(letter.id)) continue;
      found.push(letter.id);
      if (what === 'list') say(lineOf(letter));
    }
    if (missing.size > 0) {
      const where = group === undefined ? '' : ` of ${group}`;
      throw new StartupError(`There is no dead letter${where} with the id ${[...missing].join(', ')}.`);
    }
    if (what === 'list') return say(`${found.length} dead letters.`);
    const replayed = found.length > 0 ? await deadLetters.replay(found) : 0;
    say(`${replayed} dead letters are delivered again.`);
  });
}

async function* all(deadLetters: DeadLetters, group: string | undefined): AsyncGenerator<DeadLetter> {
  for (let after = '0'; ; ) {
    const page = await deadLetters.list({
      ...(group === undefined ? {} : { group }),
      after,
      limit: pageSize,
    });
    yield* page;
    const last = page.at(-1);
    if (page.length < pageSize || !last) return;
    after = last.id;
  }
}

function lineOf({ id, event, group, attempts, reason, diedAt }: DeadLetter): string {
  const { type = 'unknown' } = (event ?? {}) as { type?: unknown };
  return `${id}  ${diedAt.toISOString()}  ${group}  ${type}  ${attempts}×  ${reason}`;
}
