import { AsyncLocalStorage } from 'node:async_hooks';
import type { Executor, Tx } from '@gatehouse/data';
import { type EventData, type EventType, writeEvent } from '@gatehouse/events';
import type { Revocation } from '@gatehouse/identity';
import type { GatehouseError } from '@gatehouse/service-kit';
import type { NewAuditEntry } from './audit/audit-entry.ts';
import { auditEntryOf } from './audit/of-security-event.ts';
import { storeAuditEntries } from './audit/store-audit-entries.ts';
import type { AuthDeps } from './deps.ts';
import { countSecurityEvents } from './security-events/count-security-events.ts';
import type { NewSecurityEvent } from './security-events/security-event.ts';
import { publishSecurityEvents, storeSecurityEvents } from './security-events/store-security-events.ts';
import { revokeInTheEnd } from './sessions/revoke-in-the-end.ts';
import { outbox } from './tables/outbox.ts';

type UnitDeps = Pick<AuthDeps, 'database' | 'keyValue' | 'pubSub' | 'logger' | 'metrics' | 'config'>;

/** Ends a unit of work with a refusal and commits all the same: what it recorded of the refusal is to stay. */
export class RecordedRefusal extends Error {
  readonly refusal: GatehouseError;
  constructor(refusal: GatehouseError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** One transaction, with what is to happen at its end and after it. */
export type UnitOfWork = {
  tx: Tx;
  /** Writes an event to the outbox. */
  event<T extends EventType>(type: T, tenantId: string, subject: string, data: EventData<T>): Promise<void>;
  /** Stored at the very end of the transaction, in the audit log too: its position is given out under a lock. */
  securityEvent(event: NewSecurityEvent): void;
  /** For the audit log, of what is no security event; stored like one. */
  audit(entry: NewAuditEntry): void;
  /** Told to the gateways after the commit. */
  revoke(revocation: Revocation): void;
  afterCommit(fn: () => Promise<void>): void;
};

/** The unit, and the end of its queue of queries: a connection takes one at a time. */
type Current = { unit: UnitOfWork; last: Promise<unknown> };
const current = new AsyncLocalStorage<Current>();

/** The transaction that the code of oidc-provider's hooks runs in: they get no argument of ours. */
export const currentUnit = (): UnitOfWork | undefined => current.getStore()?.unit;

/**
 * Runs a query of oidc-provider's adapter: in the transaction of the request when it has one, behind those already asked
 * for, since oidc-provider asks for several at once.
 */
export function inCurrentUnit<T>(
  deps: Pick<AuthDeps, 'database'>,
  query: (executor: Executor) => Promise<T>,
): Promise<T> {
  const store = current.getStore();
  if (!store) return query(deps.database.db);
  const result = store.last.then(() => query(store.unit.tx));
  store.last = result.catch(() => {});
  return result;
}

/**
 * Runs `fn` in one transaction. Events, security events and revocations come with it: what is durable commits with the
 * rest, what is live is told after the commit and only logged when it fails.
 */
export async function inUnitOfWork<T>(deps: UnitDeps, fn: (unit: UnitOfWork) => Promise<T>): Promise<T> {
  const securityEvents: NewSecurityEvent[] = [];
  const auditEntries: NewAuditEntry[] = [];
  const revocations: Revocation[] = [];
  const after: (() => Promise<void>)[] = [];

  const result = await deps.database.transaction(async (tx) => {
    const unit: UnitOfWork = {
      tx,
      async event(type, tenantId, subject, data) {
        await writeEvent(tx, outbox, { type, tenantId, subject, data });
      },
      securityEvent(event) {
        securityEvents.push(event);
        const entry = auditEntryOf(event);
        if (entry) auditEntries.push(entry);
      },
      audit: (entry) => void auditEntries.push(entry),
      revoke: (revocation) => void revocations.push(revocation),
      afterCommit: (fn) => void after.push(fn),
    };
    const outcome = await current.run({ unit, last: Promise.resolve() }, () => outcomeOf(() => fn(unit)));
    if (securityEvents.length > 0) {
      const hints = await storeSecurityEvents(tx, securityEvents);
      after.push(() => publishSecurityEvents(deps.pubSub, hints));
    }
    // Always after the other counter: two transactions can't wait for each other.
    if (auditEntries.length > 0) await storeAuditEntries(tx, deps.config, auditEntries);
    return outcome;
  });

  countSecurityEvents(deps.metrics, securityEvents);
  const live = [...revocations.map((revocation) => () => revokeInTheEnd(deps, revocation)), ...after];
  const outcomes = await Promise.allSettled(live.map((tell) => tell()));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') deps.logger.warn({ err: outcome.reason }, 'telling others failed');
  }
  if ('refusal' in result) throw result.refusal;
  return result.value;
}

async function outcomeOf<T>(fn: () => Promise<T>): Promise<{ value: T } | { refusal: GatehouseError }> {
  try {
    return { value: await fn() };
  } catch (error) {
    if (error instanceof RecordedRefusal) return { refusal: error.refusal };
    throw error;
  }
}
