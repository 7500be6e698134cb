import { setTimeout as delay } from 'node:timers/promises';
import { type Database, databaseErrorOf } from '@gatehouse/data';
import type { Logger } from '@gatehouse/service-kit';
import type { EventType } from '../catalogue/index.ts';
import { type EventOf, parseEvent } from '../envelope.ts';
import { type RetryDelays, retryDelay } from './backoff.ts';
import { type Delivery, deliveriesOf } from './deliveries.ts';

export type ConsumerOptions = {
  database: Database;
  logger: Logger;
  group: string;
  types: readonly EventType[];
  handler: (event: EventOf<EventType>, signal: AbortSignal) => Promise<void>;
  maxAttempts: number;
  concurrency: number;
  leaseMs: number;
  pollMs: number;
  retryDelays: RetryDelays;
  count(outcome: 'handled' | 'retried' | 'dead'): void;
  /** Runs before an event goes to the dead letters, and again when it fails. */
  onDeath?: (delivery: Delivery, reason: string) => Promise<void>;
};

export type Consumer = { register(): Promise<void>; wake(): void; stop(): Promise<void> };

/** How long handlers in progress may go on at a stop, within the 5 s that a process has. */
const drainMs = 3_000;

/** Claims events of one group and runs the handler, at most `concurrency` at a time. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { group, handler, maxAttempts, leaseMs } = options;
  const logger = options.logger.child({ group });
  const deliveries = deliveriesOf(options.database, options);
  const running = new Map<Delivery, { done: Promise<void>; abort: AbortController }>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  let claiming: Promise<void> | undefined;
  let again = false;
  let failing = false;

  function wake(): void {
    again = true;
    claiming ??= claim().finally(() => {
      claiming = undefined;
    });
  }

  async function claim(): Promise<void> {
    while (again && !stopped && running.size < options.concurrency) {
      again = false;
      try {
        const claimed = await deliveries.claim(options.concurrency - running.size, leaseMs);
        for (const delivery of claimed) start(delivery);
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: error }, 'events can not be read, trying again');
        failing = true;
      }
    }
  }

  function start(delivery: Delivery): void {
    // The same delivery again: our lease ran out (the process was stalled), the first run no longer counts.
    for (const [other, run] of running) if (other.id === delivery.id) run.abort.abort();
    const abort = new AbortController();
    const done = handle(delivery, abort.signal)
      .catch((error: unknown) => logger.warn({ err: error }, 'an event will be delivered again'))
      .finally(() => {
        running.delete(delivery);
        if (!stopped) wake();
      });
    running.set(delivery, { done, abort });
  }

  async function handle(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const parsed = parseEvent(delivery.envelope);
    if (!parsed.ok) return bury(delivery, parsed.reason);
    if (delivery.attempts > maxAttempts) return bury(delivery, delivery.reason ?? 'interrupted every time');
    try {
      await handler(parsed.event, signal);
    } catch (error) {
      const reason = reasonOf(error);
      if (delivery.attempts >= maxAttempts) return bury(delivery, reason);
      const wait = retryDelay(delivery.attempts, options.retryDelays);
      logger.warn(
        { eventId: parsed.event.id, attempts: delivery.attempts, reason, wait },
        'event handler failed',
      );
      await deliveries.retry(delivery, reason, wait);
      options.count('retried');
      return later(wait);
    }
    await deliveries.finish(delivery);
    options.count('handled');
  }

  async function bury(delivery: Delivery, reason: string): Promise<void> {
    logger.error(
      { delivery: delivery.id, attempts: delivery.attempts, reason },
      'event moved to the dead letters',
    );
    await options.onDeath?.(delivery, reason);
    await deliveries.bury(delivery, reason);
    options.count('dead');
  }

  function later(ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      wake();
    }, ms + 5).unref();
    timers.add(timer);
  }

  const polling = setInterval(wake, options.pollMs).unref();
  const extending = setInterval(() => {
    if (running.size > 0) deliveries.extend([...running.keys()], leaseMs).catch(() => {});
  }, leaseMs / 3).unref();

  return {
    register: deliveries.register,
    wake,
    async stop() {
      stopped = true;
      clearInterval(polling);
      for (const timer of timers) clearTimeout(timer);
      await claiming;
      const limit = new AbortController();
      const all = Promise.all([...running.values()].map((run) => run.done));
      await Promise.race([all, delay(drainMs, undefined, { signal: limit.signal }).catch(() => {})]);
      limit.abort();
      clearInterval(extending);
      const left = [...running.keys()];
      for (const run of running.values()) run.abort.abort();
      if (left.length > 0) await deliveries.release(left).catch(() => {});
    },
  };
}

/** Why a handler failed, for the dead letters: a query's parameters stay out. */
export function reasonOf(error: unknown): string {
  const known = databaseErrorOf(error) ?? error;
  const text = known instanceof Error ? `${known.name}: ${known.message}` : String(known);
  return text.slice(0, 500);
}
