import type { Database } from '@gatehouse/data';
import { createMetrics, type Logger, type Metrics } from '@gatehouse/service-kit';
import { asc, inArray, sql } from 'drizzle-orm';
import { backoffLoop } from './bus/backoff.ts';
import type { EventBus } from './bus/event-bus.ts';
import { isEventType } from './catalogue/index.ts';
import type { CloudEvent } from './envelope.ts';
import { measureOutbox } from './measure-outbox.ts';
import type { OutboxTable } from './outbox-tables.ts';
import { outboxTopic } from './write-event.ts';

export type RelayOptions = {
  database: Database;
  outbox: OutboxTable;
  bus: Pick<EventBus, 'publish'>;
  logger: Logger;
  metrics?: Metrics;
  /** How often to look for what was written without a hint (another process, a crash); 500 ms. */
  pollMs?: number;
};

export type Relay = { stop(): Promise<void> };

const batchSize = 100;

const publishedDefinition = {
  name: 'gatehouse_events_published_total',
  help: 'Events that the bus took from an outbox, by type.',
  labels: ['type'],
} as const;

const failuresDefinition = {
  name: 'gatehouse_outbox_failures_total',
  help: 'Times that events of an outbox could not be published, which is tried again.',
  labels: ['outbox'],
} as const;

/**
 * Moves the outbox to the bus, in its order, at least once: rows go after the bus took them. One process at a time
 * does it per outbox; the others stand by. While the bus is down it waits with back-off.
 */
export function startRelay(options: RelayOptions): Relay {
  const { database, outbox, bus, logger, metrics = createMetrics(), pollMs = 500 } = options;
  const published = metrics.counter(publishedDefinition);
  const failures = metrics.counter(failuresDefinition);
  const topic = outboxTopic(outbox);
  const source = `/gatehouse/${database.schema}`;
  const backoff = backoffLoop({ initialMs: 100, maxMs: 2_000 });
  let stopped = false;
  let pausedUntil = 0;
  let working: Promise<void> | undefined;
  let again = false;

  function nudge(): void {
    again = true;
    if (stopped || Date.now() < pausedUntil) return;
    working ??= work().finally(() => {
      working = undefined;
    });
  }

  async function work(): Promise<void> {
    try {
      while (again && !stopped) {
        again = false;
        while ((await moveBatch()) === batchSize && !stopped);
        backoff.reset();
      }
    } catch (error) {
      const wait = backoff.next();
      failures({ outbox: database.schema }).add();
      pausedUntil = Date.now() + wait;
      setTimeout(nudge, wait + 1).unref();
      logger.warn({ err: error, outbox: topic, wait }, 'events could not be published, trying again');
    }
  }

  async function moveBatch(): Promise<number> {
    const moved = await database.transaction(async (tx) => {
      const lock = await tx.execute(
        sql`select pg_try_advisory_xact_lock(hashtextextended(${`outbox ${topic}`}, 0)) as held`,
      );
      if (!lock.rows[0]?.held) return [];
      const rows = await tx.select().from(outbox).orderBy(asc(outbox.position)).limit(batchSize);
      if (rows.length === 0) return [];
      await bus.publish(rows.map((row) => toCloudEvent(row, source)));
      await tx.delete(outbox).where(
        inArray(
          outbox.position,
          rows.map((row) => row.position),
        ),
      );
      return rows;
    });
    for (const { type } of moved) published({ type: isEventType(type) ? type : 'other' }).add();
    return moved.length;
  }

  async function poll(): Promise<void> {
    try {
      const { rows } = await database.db.execute(sql`select exists (select from ${outbox}) as waiting`);
      if (rows[0]?.waiting) nudge();
    } catch (error) {
      logger.debug({ err: error, outbox: topic }, 'the outbox could not be read');
    }
  }

  const unmeasure = measureOutbox(metrics, database, outbox);
  const unsubscribe = database.onCommit(topic, nudge);
  const polling = setInterval(poll, pollMs).unref();
  nudge();

  return {
    async stop() {
      stopped = true;
      unsubscribe();
      unmeasure();
      clearInterval(polling);
      await working;
    },
  };
}

function toCloudEvent(row: OutboxTable['$inferSelect'], source: string): CloudEvent {
  return {
    specversion: '1.0',
    id: row.id,
    source,
    type: row.type,
    subject: row.subject,
    time: row.createdAt.toISOString(),
    datacontenttype: 'application/json',
    tenantid: row.tenantId,
    ...(row.traceparent ? { traceparent: row.traceparent } : {}),
    data: row.data,
  };
}
