import type { Database } from '@gatehouse/data';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import { ExponentialBackoff } from 'cockatiel';
import type { NotificationConfig } from './config.ts';
import { countAttempt, measureWaiting } from './measure-deliveries.ts';
import { claimDeliveries, recordFailure, recordSent } from './queries/deliveries.ts';
import { recordBounced, recordSuppressed } from './queries/reported-deliveries.ts';
import { reportIdOf } from './reports/report-id.ts';
import { isAddressGone } from './suppressions/address-status.ts';
import { findSuppression } from './suppressions/find-suppression.ts';
import { suppressAddress } from './suppressions/suppress-address.ts';
import type { Channel, Delivery } from './tables/delivery.ts';
import { type Transport, UndeliverableError } from './transports/transport.ts';

/** How long attempts under way may take once the process ends. Afterwards they are given up, and made again by another. */
const stopMs = 2_500;

/** Topic of transactions that accept a message (`markTransaction`). */
export const deliveryTopic = 'delivery';

type Deps = {
  database: Database;
  channel: Channel;
  transport: Transport;
  logger: Logger;
  metrics: Metrics;
  config: NotificationConfig;
};

/**
 * Hands due messages of a channel to its transport, several at a time: at once those accepted by this process, every `pollMs` those that
 * wait for another attempt or were left by a process that died.
 */
export function startDelivering(deps: Deps): { stop(): Promise<void> } {
  const { database, channel, transport, logger, metrics, config } = deps;
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let stopped = false;
  let claiming: Promise<void> | null = null;
  let again = false;

  function look(): void {
    if (stopped) return;
    again = true;
    claiming ??= claimAll().finally(() => {
      claiming = null;
      // Asked for between the last look and now.
      if (again && running.size < config.concurrency) look();
    });
  }

  async function claimAll(): Promise<void> {
    while (again && !stopped && running.size < config.concurrency) {
      again = false;
      const claimed = await claim(config.concurrency - running.size);
      if (claimed.length > 0) again = true;
      for (const message of claimed) {
        const attempt = deliver(deps, message, stopping.signal).finally(() => {
          running.delete(attempt);
          look();
        });
        running.add(attempt);
      }
    }
  }

  async function claim(limit: number): Promise<Delivery[]> {
    try {
      return await claimDeliveries(database.db, { channel, limit, leaseMs: transport.leaseMs });
    } catch (err) {
      logger.warn({ err }, 'messages can not be looked for, trying again');
      return [];
    }
  }

  const unmeasure = measureWaiting(metrics, database, channel);
  const unlisten = database.onCommit(deliveryTopic, look);
  const timer = setInterval(look, config.pollMs).unref();
  look();

  return {
    async stop() {
      stopped = true;
      unlisten();
      unmeasure();
      clearInterval(timer);
      await claiming;
      const giveUp = setTimeout(() => stopping.abort(), stopMs);
      await Promise.all(running);
      clearTimeout(giveUp);
    },
  };
}

async function deliver(deps: Deps, claimed: Delivery, stopping: AbortSignal): Promise<void> {
  const { database, transport, logger, metrics, config } = deps;
  const { id, channel, recipient, senderName, senderAddress, subject, template, attempts, expiresAt } =
    claimed;
  const log = logger.child({ delivery: id, channel, template, attempt: attempts });
  try {
    const suppression = await findSuppression(database.db, claimed);
    if (suppression) {
      await recordSuppressed(database.db, id, suppression.reasonCode);
      countAttempt(metrics, { channel, template, outcome: 'suppressed' });
      log.info({ suppression: suppression.id }, 'message not sent: its address is suppressed');
      return;
    }
    let providerId: string | null;
    try {
      if (expiresAt && expiresAt <= new Date()) throw new UndeliverableError('it came too late');
      const { html, text } = { html: claimed.html ?? '', text: claimed.text ?? '' };
      const reportId = reportIdOf(claimed);
      const envelope = { id, reportId, channel, recipient, senderName, senderAddress, expiresAt };
      providerId = await transport.deliver({ ...envelope, subject, html, text }, stopping);
    } catch (error) {
      const status = error instanceof UndeliverableError ? error.status : null;
      if (isAddressGone(status)) {
        await refused(database, claimed, { reasonCode: status, lastError: reasonOf(error) });
        countAttempt(metrics, { channel, template, outcome: 'dead' });
        log.warn({ err: error }, 'message refused: there is no such address');
        return;
      }
      const last = error instanceof UndeliverableError || attempts >= config.maxAttempts;
      const retryInMs = last ? null : retryDelay(attempts, config);
      await recordFailure(database.db, claimed, { error: reasonOf(error), retryInMs });
      countAttempt(metrics, { channel, template, outcome: last ? 'dead' : 'failed' });
      log[last ? 'error' : 'warn'](
        { err: error },
        last ? 'message given up' : 'message not sent, trying again',
      );
      return;
    }
    await recordSent(database.db, claimed, providerId);
    countAttempt(metrics, { channel, template, outcome: 'sent' });
    log.info('message sent');
  } catch (err) {
    log.warn({ err }, 'the outcome of an attempt was not recorded; it will be repeated');
  }
}

/** The server that we speak to knows that the address is not there: as when another one tells us later. */
const refused = (
  database: Database,
  claimed: Delivery,
  { reasonCode, lastError }: { reasonCode: string; lastError: string },
): Promise<void> =>
  database.transaction(async (tx) => {
    if (await recordBounced(tx, claimed.id, { reasonCode, lastError }))
      await suppressAddress(tx, claimed, { kind: 'bounce', reasonCode });
  });

/** Doubled with jitter after every attempt. */
export function retryDelay(
  attempts: number,
  config: Pick<NotificationConfig, 'firstRetryMs' | 'maxRetryMs'>,
): number {
  const { firstRetryMs: initialDelay, maxRetryMs: maxDelay } = config;
  let backoff = new ExponentialBackoff({ initialDelay, maxDelay }).next();
  for (let attempt = 1; attempt < attempts; attempt++) backoff = backoff.next(undefined);
  return backoff.duration;
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);
