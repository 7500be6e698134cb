import type { Executor } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { findCredentials } from '../queries/credentials.ts';
import { findActiveFactors } from '../queries/mfa-factors.ts';
import { everybody, findMfaPoliciesFor } from '../queries/mfa-policies.ts';
import type { Subject } from '../subject.ts';
import type { MfaPolicyRow } from '../tables/mfa-policy.ts';

type Person = Pick<Subject, 'tenantId' | 'userId' | 'roles'>;

/** Rules for roles go before the one for everybody. */
async function rulesFor(db: Executor, { tenantId, roles }: Person): Promise<MfaPolicyRow[]> {
  const rules = await findMfaPoliciesFor(db, tenantId, roles);
  const ofRoles = rules.filter(({ role }) => role !== everybody);
  return ofRoles.length > 0 ? ofRoles : rules;
}

/**
 * From when on somebody has to have a second factor; null when they need none. The strictest rule of their roles counts, and
 * its grace begins with the rule or with the account, whichever is younger.
 */
export async function requiredFrom(db: Executor, person: Person): Promise<Date | null> {
  const required = (await rulesFor(db, person)).filter(({ requirement }) => requirement === 'REQUIRED');
  if (required.length === 0) return null;
  const [credential] = await findCredentials(db, person.tenantId, [person.userId]);
  const began = credential?.createdAt.getTime() ?? 0;
  const deadlines = required.map(
    ({ since, graceSeconds }) => Math.max(since.getTime(), began) + graceSeconds * 1000,
  );
  return new Date(Math.min(...deadlines));
}

/**
 * Whether somebody has come to an end of what a session with one factor is good for: they have to have a second one by now, and
 * have none. They sign in again, and add one.
 */
export async function lacksRequired(db: Executor, person: Person): Promise<boolean> {
  const deadline = await requiredFrom(db, person);
  if (deadline === null || deadline > new Date()) return false;
  return (await findActiveFactors(db, person)).length === 0;
}

/** Whether somebody may add a second factor; what they have already goes on being asked for all the same. */
export async function isOffered(db: Executor, person: Person): Promise<boolean> {
  const rules = await rulesFor(db, person);
  return rules.length === 0 || rules.some(({ requirement }) => requirement !== 'OFF');
}

/** FORBIDDEN when second factors are off for somebody. */
export async function requireOffered(db: Executor, person: Person): Promise<void> {
  if (await isOffered(db, person)) return;
  throw new GatehouseError('FORBIDDEN', 'Second factors are switched off for this account.');
}
