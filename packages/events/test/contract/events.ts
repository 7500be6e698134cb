import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '../../src/index.ts';

const tenantid = '019a0000-0000-7000-8000-000000000000';

/** A valid event about `subject`; `n` is found again in its data. */
export function roleEvent(subject: string, n: number, change: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/gatehouse/test',
    type: 'user.roles_changed',
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid,
    data: { userId: subject, added: [String(n)], removed: [], changedBy: 'system' },
    ...change,
  };
}

export const numberOf = (event: { data: { added: string[] } }): number => Number(event.data.added[0]);
