import { readFileSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, onHangup, StartupError } from '@gatehouse/service-kit';

/** The supergraph of this release. */
export const ownSupergraphFile = fileURLToPath(new URL('../../../supergraph.graphql', import.meta.url));

/** Where a file system tells of no changes, they are seen this late. */
const pollMs = 5_000;
/** For whoever writes the file to finish. */
const settleMs = 100;

/** Reads the supergraph at the start; StartupError when it can't be read. */
export function readSupergraph(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(`The supergraph can't be read: ${(error as Error).message}`);
  }
}

/**
 * Hands each new text of the file to `replace`, and on SIGHUP the text it has. Its folder is watched, since editors and
 * mounted volumes put another file in its place. A text that is refused is logged once.
 */
export function followSupergraph(options: {
  file: string;
  /** The text that is in use. */
  current: string;
  replace(sdl: string): Promise<void>;
  logger: Logger;
}): { stop(): void } {
  const { file, replace, logger } = options;
  let known = options.current;
  let isMissing = false;
  let working: Promise<void> = Promise.resolve();

  const read = async (): Promise<string | undefined> => {
    try {
      const text = await readFile(file, 'utf8');
      isMissing = false;
      return text;
    } catch (error) {
      if (!isMissing)
        logger.error({ file, problem: (error as Error).message }, 'the supergraph can’t be read');
      isMissing = true;
    }
  };

  const look = async (isForced: boolean) => {
    const text = await read();
    if (text === undefined || (text === known && !isForced)) return;
    known = text;
    const started = performance.now();
    try {
      await replace(text);
      const milliseconds = Math.round(performance.now() - started);
      logger.info({ file, milliseconds }, 'the supergraph was replaced');
    } catch (error) {
      const problem = (error as Error).message;
      logger.error({ file, problem }, 'the new supergraph is refused; the one before goes on');
    }
  };

  const lookNext = (isForced: boolean) => {
    working = working.then(() => look(isForced));
  };

  let settling: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(settling);
    settling = setTimeout(() => lookNext(false), settleMs).unref();
  };
  const unwatch = watchFolder(dirname(file), soon, logger);
  const polling = setInterval(() => lookNext(false), pollMs).unref();
  const unlisten = onHangup(() => lookNext(true));
  return {
    stop() {
      unwatch();
      unlisten();
      clearInterval(polling);
      clearTimeout(settling);
    },
  };
}

/** Where watching is not possible, the poll has to do. */
function watchFolder(folder: string, onChange: () => void, logger: Logger): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', (err) => {
      logger.debug({ err, folder }, 'the folder is no longer watched');
      watcher.close();
    });
    return () => watcher.close();
  } catch (err) {
    logger.debug({ err, folder }, 'the folder can’t be watched');
    return () => {};
  }
}
