import type { EventType } from '../catalogue/index.ts';
import type { CloudEvent, EventOf } from '../envelope.ts';

export type Subscription = {
  /** Takes no more events and waits for the handlers in progress. The group's events keep accruing. */
  stop(): Promise<void>;
};

export type SubscribeOptions<T extends EventType> = {
  /** Durable: from the first subscription on, events of these types are kept for the group until it handled them. */
  group: string;
  types: readonly T[];
  /** Must be idempotent by `event.id`. Throwing means: again later. */
  handler: (event: EventOf<T>, signal: AbortSignal) => Promise<void>;
  /** Failed or interrupted deliveries before the event goes to the dead letters; 12 unless told. */
  maxAttempts?: number;
  /** Handlers that run at once, never two for one subject; 8 unless told. */
  concurrency?: number;
};

export type DeadLetter = {
  id: string;
  group: string;
  reason: string;
  attempts: number;
  diedAt: Date;
  /** As it was published: it may not fit the catalogue. */
  event: unknown;
};

export interface DeadLetters {
  /** Oldest first, after the id `after`; 100 unless `limit` says otherwise. */
  list(options?: { group?: string; after?: string; limit?: number }): Promise<DeadLetter[]>;
  count(group?: string): Promise<number>;
  /** Delivers them again, as if new; answers how many there were. */
  replay(which: readonly string[] | 'all'): Promise<number>;
}

/**
 * Events between subgraphs and systems: every subscribed group gets each event at least once, events of one subject
 * in order (a failing one holds back its own subject only), what can't be handled ends in the dead letters.
 */
export interface EventBus {
  /** An event whose id is known already is left out, so publishing again is harmless. */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** One subscription per group and process; several processes share the group's events. */
  subscribe<T extends EventType>(options: SubscribeOptions<T>): Promise<Subscription>;
  deadLetters: DeadLetters;
  /** False while what carries the events is lost: they wait in the outboxes. */
  isReachable(): boolean;
  close(): Promise<void>;
}
