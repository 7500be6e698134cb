import type { UserDeps } from './deps.ts';
import { eraseUsers } from './erase-users.ts';

/** Looks for users to erase at start and then every `config.eraseIntervalMs`; `stop` waits for the run in progress. */
export function startErasing({
  database,
  config,
  logger,
}: Pick<UserDeps, 'database' | 'config' | 'logger'>): {
  stop(): Promise<void>;
} {
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= eraseUsers(database)
      .then((count) => {
        if (count > 0) logger.info({ count }, 'deleted users erased');
      })
      .catch((err: unknown) => logger.error({ err }, 'deleted users could not be erased'))
      .finally(() => {
        running = undefined;
      });
  };
  run();
  const timer = setInterval(run, config.eraseIntervalMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
