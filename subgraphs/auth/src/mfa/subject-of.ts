import type { UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { Services } from '../services.ts';
import { activeIn, findSubject, type Subject } from '../subject.ts';

/** The person behind a principal, who may have been disabled a moment ago. */
export async function subjectOf(services: Services, principal: UserPrincipal): Promise<Subject> {
  const subject = activeIn(principal.tenantId, await findSubject(services, principal.userId));
  if (subject) return subject;
  throw new GatehouseError('UNAUTHENTICATED', 'Sign in first.');
}
