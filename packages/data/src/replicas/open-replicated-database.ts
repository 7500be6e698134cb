import { setTimeout as delay } from 'node:timers/promises';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import { DrizzleQueryError } from 'drizzle-orm';
import { type Database, type DatabaseOptions, openDatabase } from '../database.ts';
import type { KeyValue } from '../key-value/key-value.ts';
import { measurePool } from '../measure-pool.ts';
import { databaseErrorOf } from '../query-error.ts';
import { repeat } from '../repeat.ts';
import { askPrimary, openCheck } from './ask-server.ts';
import { measureReplicas, type PrimaryReason } from './measure-replicas.ts';
import { createRecentWrites } from './recent-writes.ts';
import { openReplica } from './replica.ts';
import { createWalPositions } from './wal-positions.ts';

export type ReplicaOptions = {
  /** Streaming standbys of the database. */
  urls: readonly string[];
  /** How old what a replica answers may be. */
  maxAgeSeconds: number;
  /** Where it is kept who has written a moment ago. */
  keyValue: KeyValue;
  logger: Logger;
  metrics: Metrics;
};

const checkEveryMs = 1_000;
/** What a standby is given to receive what the primary was just seen to have. */
const underwayMs = 200;
/** An asynchronous commit is written at the latest after three rounds of 200 ms; reading a note takes a moment. */
const marginSeconds = 2;

/** A database, and standbys of it that answer `onReplica`. They may come, lag and go: what they can't answer, the primary does. */
export function openReplicatedDatabase(options: DatabaseOptions, given: ReplicaOptions): Database {
  const { maxAgeSeconds, logger } = given;
  const database = openDatabase(options);
  const primaryCheck = openCheck(options);
  const replicas = given.urls.map((url) =>
    openReplica({ ...options, url }, { maxAgeMs: maxAgeSeconds * 1_000, logger }),
  );
  const { count, stop: unmeasure } = measureReplicas(given.metrics, { schema: options.schema, replicas });
  for (const { pool, name } of replicas)
    measurePool(given.metrics, { pool, schema: `${options.schema} at ${name}` });
  const positions = createWalPositions(maxAgeSeconds * 1_000 + 10 * checkEveryMs);
  const writes = createRecentWrites(given.keyValue, maxAgeSeconds + marginSeconds);
  let primary: string | undefined;
  let turn = 0;

  async function notePosition(): Promise<void> {
    const at = performance.now();
    try {
      const { identity, position } = await askPrimary(primaryCheck);
      primary = identity;
      positions.note(at, position);
      await delay(underwayMs);
    } catch {
      // What replicas have grows older by what is known, until they are used no longer.
    }
  }

  async function check(): Promise<void> {
    await Promise.all([notePosition(), writes.check()]);
    await Promise.all(replicas.map((replica) => replica.check(positions, primary)));
  }

  const first = check();
  const checking = repeat(checkEveryMs, async () => {
    await first;
    await check();
  });

  const nearOnes = () => (writes.areLost() ? [] : replicas.filter((replica) => replica.isNear()));

  async function tryReplica<T>(
    ...[caller, read, isEnough]: Parameters<typeof database.onReplica<T>>
  ): Promise<{ answer: T } | { reason: PrimaryReason }> {
    if (nearOnes().length === 0) return { reason: 'no_replica' };
    if (caller !== null && (await writes.has(caller))) return { reason: 'own_write' };
    // Only now, or what it has may be older than the notes.
    const near = nearOnes();
    const replica = near[turn++ % near.length];
    if (!replica) return { reason: 'no_replica' };
    try {
      const answer = await read(replica.db);
      if (isEnough && !(await isEnough(answer, replica.db))) return { reason: 'incomplete' };
      count(replica.name);
      return { answer };
    } catch (error) {
      if (!primaryMayDoBetter(error)) throw error;
      return { reason: 'failed' };
    }
  }

  return {
    ...database,
    async onReplica(caller, read, isEnough) {
      const tried = await tryReplica(caller, read, isEnough);
      if ('answer' in tried) return tried.answer;
      count('primary', tried.reason);
      return await read(database.db);
    },
    noteWrite: writes.note,
    async close() {
      unmeasure();
      // A check under way is not waited for: it may be one of a server that hangs.
      await Promise.all([
        checking.stop(),
        ...replicas.map((replica) => replica.close()),
        primaryCheck.close(),
        database.close(),
      ]);
    },
  };
}

/** A statement that took too long, and what of `onReplica` was no read, are not made better by the primary. */
const same = new Set(['57014', '25006']);

function primaryMayDoBetter(error: unknown): boolean {
  // Of the database or the way there, whatever it was.
  return error instanceof DrizzleQueryError && !same.has(databaseErrorOf(error)?.code ?? '');
}
