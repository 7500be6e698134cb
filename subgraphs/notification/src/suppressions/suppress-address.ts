import type { Tx } from '@gatehouse/data';
import { writeAudit } from '@gatehouse/events';
import { addSuppression } from '../queries/suppressions.ts';
import type { Delivery } from '../tables/delivery.ts';
import { outbox } from '../tables/outbox.ts';
import type { SuppressionKind } from '../tables/suppression.ts';
import { addressHash } from './address-key.ts';

/** Has the tenant of a delivery write no more to its recipient, and tells the audit log, both once. */
export async function suppressAddress(
  tx: Tx,
  delivery: Pick<Delivery, 'id' | 'tenantId' | 'userId' | 'recipient'>,
  reason: { kind: SuppressionKind; reasonCode: string },
): Promise<void> {
  const { id: deliveryId, tenantId, userId, recipient } = delivery;
  const row = { tenantId, userId, deliveryId, addressHash: addressHash(tenantId, recipient), ...reason };
  const id = await addSuppression(tx, row);
  if (!id) return;
  await writeAudit(tx, outbox, {
    tenantId,
    action: 'suppressAddress',
    result: 'SUCCESS',
    errorCode: null,
    actor: { type: 'system', id: null },
    sessionId: null,
    on: { type: 'suppression', id },
    ipAddress: null,
    userAgent: null,
    details: { ...reason, userId },
  });
}
