import { newId, type PubSub, type Tx } from '@gatehouse/data';
import { insertSecurityEvents, takePositions } from '../queries/security-events.ts';
import {
  type NewSecurityEvent,
  type SecurityEventHint,
  securityEventChannel,
  severities,
} from './security-event.ts';

/**
 * Stores security events as the last statements of a transaction. Taking positions locks the tenant's counter until the
 * commit, so positions are gapless and their order is the order of the commits.
 */
export async function storeSecurityEvents(
  tx: Tx,
  events: readonly NewSecurityEvent[],
): Promise<SecurityEventHint[]> {
  const occurredAt = new Date();
  const hints: SecurityEventHint[] = [];
  // In the order of the tenant ids: two transactions can't wait for each other.
  for (const tenantId of [...new Set(events.map((event) => event.tenantId))].sort()) {
    const own = events.filter((event) => event.tenantId === tenantId);
    const last = await takePositions(tx, tenantId, own.length);
    const rows = own.map((event, index) => ({
      tenantId,
      position: last - own.length + 1 + index,
      id: newId(),
      type: event.type,
      severity: severities[event.type],
      userId: event.userId,
      ipAddress: event.origin?.ipAddress ?? null,
      userAgent: event.origin?.userAgent ?? null,
      details: event.details ?? {},
      occurredAt,
    }));
    await insertSecurityEvents(tx, rows);
    hints.push(...rows.map(({ position, userId }) => ({ tenantId, position, userId })));
  }
  return hints;
}

export async function publishSecurityEvents(
  pubSub: PubSub,
  hints: readonly SecurityEventHint[],
): Promise<void> {
  for (const hint of hints) await pubSub.publish(securityEventChannel, hint);
}
