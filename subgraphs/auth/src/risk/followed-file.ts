import { readFileSync, type Stats, statSync } from 'node:fs';
import { type Logger, StartupError } from '@gatehouse/service-kit';

/** How often a look is taken whether another file is there. */
const pollMs = 5_000;

export type FollowedFile<T> = {
  readonly current: T;
  /** Looks now. */
  look(): void;
  stop(): void;
};

/**
 * A file of the operator's, read at the start and again whenever another one is in its place. StartupError when it can't be
 * read at the start; later the one before goes on, which is logged once.
 */
export function followFile<T>(options: {
  /** The setting that names it. */
  setting: string;
  file: string;
  parse(content: Buffer): T;
  logger: Logger;
}): FollowedFile<T> {
  const { setting, file, parse, logger } = options;
  const seenOf = ({ ino, size, mtimeMs }: Stats) => `${ino} ${size} ${mtimeMs}`;
  let seen = '';
  let current: T;
  try {
    seen = seenOf(statSync(file));
    current = parse(readFileSync(file));
  } catch (error) {
    throw new StartupError(`${setting}: ${file} can't be read: ${(error as Error).message}`);
  }
  let isFailing = false;

  const look = () => {
    try {
      const now = seenOf(statSync(file));
      if (now === seen) return;
      current = parse(readFileSync(file));
      seen = now;
      isFailing = false;
      logger.info({ file }, `${setting} was read anew`);
    } catch (error) {
      if (!isFailing) {
        const problem = (error as Error).message;
        logger.error({ file, problem }, `${setting} can’t be read; the one before goes on`);
      }
      isFailing = true;
    }
  };
  const polling = setInterval(look, pollMs).unref();
  return {
    get current() {
      return current;
    },
    look,
    stop: () => clearInterval(polling),
  };
}
