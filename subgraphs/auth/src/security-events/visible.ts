import { hasPermission, type Principal, securedPersonOf } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { SecurityEventType } from '../../generated/resolvers.ts';
import type { SecurityEventSelection } from '../queries/security-events.ts';
import { severities } from './security-event.ts';

const types = Object.keys(severities) as [SecurityEventType, ...SecurityEventType[]];

/** From the least to the most. */
const ranks = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

const filterShape = z
  .object({
    types: z.array(z.enum(types)).max(100).nullish(),
    severities: z.array(z.enum(ranks)).max(100).nullish(),
    minSeverity: z.enum(ranks).nullish(),
    acknowledged: z.boolean().nullish(),
    userId: z.uuid().nullish(),
    since: z.date().nullish(),
    until: z.date().nullish(),
  })
  .nullish();

/**
 * What of the tenant's security events a caller sees: the own, or all with security-events:read. A filter narrows it;
 * one for somebody else is FORBIDDEN without the permission.
 */
export function visibleSecurityEvents(principal: Principal, filter: unknown): SecurityEventSelection {
  const wanted = readInput(filterShape, filter);
  if (wanted?.since && wanted.until && wanted.since > wanted.until) {
    throw badInput({ path: 'filter.until', message: 'must not be before since' });
  }
  const all = hasPermission(principal, 'security-events:read');
  const own = securedPersonOf(principal) ?? undefined;
  if (!all && (!own || (wanted?.userId && wanted.userId !== own))) {
    throw new GatehouseError('FORBIDDEN', 'This needs the permission security-events:read.');
  }
  return {
    tenantId: principal.tenantId,
    visibleTo: all ? undefined : own,
    userId: wanted?.userId ?? undefined,
    types: wanted?.types ?? undefined,
    severities: severitiesOf(wanted),
    acknowledged: wanted?.acknowledged ?? undefined,
    since: wanted?.since ?? undefined,
    until: wanted?.until ?? undefined,
  };
}

/** This severity and those above it. */
export const severitiesFrom = (least: string): readonly string[] =>
  ranks.slice((ranks as readonly string[]).indexOf(least));

/** Both ways to say it hold. */
function severitiesOf(wanted: z.output<typeof filterShape>): readonly string[] | undefined {
  const { severities: named, minSeverity } = wanted ?? {};
  if (!minSeverity) return named ?? undefined;
  return severitiesFrom(minSeverity).filter((severity) => !named || named.some((one) => one === severity));
}
