import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AuditSelection } from '../queries/audit-entries.ts';

const word = z.string().min(1).max(200);

const shape = z
  .object({
    actor: word.nullish(),
    subject: word.nullish(),
    action: word.nullish(),
    result: z.enum(['SUCCESS', 'REFUSED']).nullish(),
    from: z.date().nullish(),
    to: z.date().nullish(),
    text: z.string().min(2, 'must have at least 2 characters').max(200).nullish(),
  })
  .nullish();

/** What of a tenant's log is asked for. BAD_USER_INPUT. */
export function selectionOf(tenantId: string, filter: unknown): AuditSelection {
  const wanted = Object.entries(readInput(shape, filter) ?? {}).filter(([, value]) => value != null);
  const selection: AuditSelection = { ...Object.fromEntries(wanted), tenantId };
  if (selection.from && selection.to && selection.from > selection.to) {
    throw badInput({ path: 'filter.to', message: 'must not be before from' });
  }
  return selection;
}
