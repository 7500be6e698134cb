import { auditEntryFrom } from '../audit/audit-entry.ts';
import type { Services } from '../services.ts';
import { react } from './react.ts';

/** What other subgraphs tell the audit log. */
export const auditRecorded = (services: Services) =>
  react(services, 'auth.audit', ['audit.recorded'], async (unit, event) => {
    const service = event.source.split('/').at(-1) ?? event.source;
    const entry = auditEntryFrom({ ...event.data, tenantId: event.tenantid }, service);
    unit.audit({ ...entry, occurredAt: new Date(event.time) });
  });
