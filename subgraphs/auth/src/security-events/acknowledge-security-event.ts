import { auditRecordOf, type Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { z } from 'zod';
import { auditEntryFrom } from '../audit/audit-entry.ts';
import { acknowledge, findSecurityEvents } from '../queries/security-events.ts';
import { actorOf } from '../revoke-session.ts';
import type { Services } from '../services.ts';
import type { SecurityEventRow } from '../tables/security-event.ts';
import { inUnitOfWork } from '../unit-of-work.ts';

const input = z.object({ eventId: z.uuid() });

/** Notes that somebody has seen to an event. Who was first stays: of parallel callers one is told of. NOT_FOUND. */
export async function acknowledgeSecurityEvent(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ event: SecurityEventRow }> {
  const { eventId } = readInput(input, request);
  const { tenantId } = principal;
  return inUnitOfWork(services, async (unit) => {
    const changed = await acknowledge(unit.tx, { tenantId, id: eventId, by: actorOf(principal) });
    if (changed) {
      const on = { type: 'security-event', id: eventId };
      const operation = { action: 'acknowledgeSecurityEvent', on, details: { type: changed.type } };
      unit.audit(auditEntryFrom(auditRecordOf({ principal, client }, operation)));
    }
    const [event] = changed ? [changed] : await findSecurityEvents(unit.tx, tenantId, [eventId]);
    if (!event) throw new GatehouseError('NOT_FOUND', 'There is no such event.');
    return { event };
  });
}
