import { repeat } from '@gatehouse/data';
import type { Services } from '../services.ts';
import { deliverAlerts } from './deliver-alerts.ts';
import { raiseAlerts } from './raise-alerts.ts';

/** How long an event may wait to be held against the rules, and an alert for its next attempt. */
const pollMs = 1_000;

/** Raises alerts and delivers them, until it is stopped. */
export function startAlerts(services: Services) {
  const once = (job: () => Promise<void>) => () =>
    job().catch((err: unknown) => services.logger.warn({ err }, 'alerts are left for later'));
  const jobs = [
    repeat(
      pollMs,
      once(() => raiseAlerts(services)),
    ),
    repeat(
      pollMs,
      once(() => deliverAlerts(services)),
    ),
  ];
  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()));
    },
  };
}
