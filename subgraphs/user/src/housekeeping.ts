import { forgetProcessedEvents } from '@gatehouse/events';
import type { UserDeps } from './deps.ts';
import { eraseTenants } from './erase-tenants.ts';
import { eraseUsers } from './erase-users.ts';
import { seedTenants } from './seed-tenants.ts';
import { processedEvent } from './tables/index.ts';

/** Days an event handled is remembered: far longer than any redelivery takes. */
const processedEventDays = 30;

/**
 * Gives tenants what a newer version adds to their roles, erases tenants and users whose retention has ended and forgets
 * events handled long ago: at start and then every `config.housekeepingMs`. `stop` waits for the run in progress.
 */
export function startHousekeeping(
  deps: Pick<UserDeps, 'database' | 'keyValue' | 'pubSub' | 'config' | 'logger'>,
): {
  stop(): Promise<void>;
} {
  const { database, config, logger } = deps;
  let running: Promise<void> | undefined;

  const work = async () => {
    try {
      await seedTenants(deps);
      const tenants = await eraseTenants(database);
      if (tenants > 0) logger.info({ count: tenants }, 'deleted tenants erased');
      const count = await eraseUsers(database);
      if (count > 0) logger.info({ count }, 'deleted users erased');
      const past = new Date(Date.now() - processedEventDays * 86_400_000);
      await forgetProcessedEvents(database, processedEvent, past);
    } catch (err) {
      logger.error({ err }, 'housekeeping failed, it is tried again');
    }
    running = undefined;
  };
  const run = () => {
    running ??= work();
  };
  run();
  const timer = setInterval(run, config.housekeepingMs).unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
