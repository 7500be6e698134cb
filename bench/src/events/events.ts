import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { createLogger } from '@gatehouse/service-kit';
import { processesOf } from '../../../e2e/topology/processes.ts';
import { startEngine } from '../../../scripts/engines/index.ts';
import { cpuMs, startHelper } from '../processes.ts';
import type { Drained, EventsOrder, Steady } from './serve-events.ts';

export type BusName = 'PostgreSQL' | 'Kafka';

export type BusResults = {
  bus: BusName;
  problem?: string;
  /** From the commit of the transaction that writes an event to its handler's beginning, in milliseconds. */
  steady?: Steady & { rate: number };
  /** A backlog, from the moment that it may leave until the last event of it is handled. */
  drain?: Drained & {
    /** Minutes over which it was written; null for one written as fast as can be. */
    outageMinutes: number | null;
    /** Processor time of all of it for one event, in milliseconds. */
    cpu: number;
    databaseCpu: number;
    /** Events that one core would do in a second, the engines' share included, but not the broker's. */
    perCore: number;
  };
};

export type EventsResults = { buses: BusResults[] };
export type EventsOptions = { seconds: number; backlog: number; outageMinutes: number | null };

const rate = 200;

/** What becomes of an event between the outbox and its handler, over both buses. */
export async function measureEvents(options: EventsOptions): Promise<EventsResults> {
  const buses: BusResults[] = [];
  for (const bus of ['PostgreSQL', 'Kafka'] as const) {
    try {
      buses.push(await measureBus(bus, options));
    } catch (error) {
      buses.push({ bus, problem: (error as Error).message });
    }
  }
  return { buses };
}

async function measureBus(bus: BusName, options: EventsOptions): Promise<BusResults> {
  const closing: (() => unknown)[] = [];
  try {
    const broker = bus === 'Kafka' ? await startEngine('kafka') : undefined;
    if (broker) closing.push(broker.stop);
    else if (bus === 'Kafka') return { bus, problem: 'Kafka is not here' };
    const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
    closing.push(() => rm(dataDir, { recursive: true, force: true }));
    // The user that PostgreSQL runs as has to get in.
    await chmod(dataDir, 0o711);
    const logger = createLogger({ name: 'bench', level: 'error' });
    const server = await startEmbeddedPostgres({ dataDir, logger });
    closing.push(server.stop);
    const pipeline = await startHelper<{ pid: number }>('./events/serve-events.ts', {
      BENCH_DATABASE_URL: server.url(),
      ...(broker && { BENCH_KAFKA_BROKERS: broker.url }),
    });
    closing.push(pipeline.stop);

    const ask = <T>(order: EventsOrder) => pipeline.ask<T>(order);
    await ask<Steady>({ do: 'steady', rate, seconds: 3 });
    const seconds = Math.max(10, options.seconds);
    const steady = { ...(await ask<Steady>({ do: 'steady', rate, seconds })), rate };

    await broker?.halt('SIGKILL');
    const outageMinutes = broker ? options.outageMinutes : null;
    const events = outageMinutes === null ? options.backlog : Math.round(outageMinutes * 60 * rate);
    await ask({ do: 'fill', events, ...(outageMinutes !== null && { rate }) });
    const used = async () => {
      const pids = (await processesOf(-1, dataDir)).filter((pid) => pid !== pipeline.pid);
      return { own: pipeline.cpuMs(), database: pids.reduce((sum, pid) => sum + cpuMs(pid), 0) };
    };
    await broker?.resume();
    const before = await used();
    const drained = await ask<Drained>({ do: 'drain' });
    const after = await used();
    const cpu = (after.own - before.own) / drained.events;
    const databaseCpu = (after.database - before.database) / drained.events;
    const perCore = 1_000 / (cpu + databaseCpu);
    return { bus, steady, drain: { ...drained, outageMinutes, cpu, databaseCpu, perCore } };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
