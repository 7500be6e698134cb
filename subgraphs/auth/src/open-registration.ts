import { GatehouseError } from '@gatehouse/service-kit';
import { preparePassword } from './passwords/prepare-password.ts';
import { requirePasswordSignIn } from './policies/require-password-sign-in.ts';
import type { Services } from './services.ts';

/**
 * Asked by the user subgraph before somebody registers: FORBIDDEN where the tenant does not let people register themselves, or
 * lets nobody sign in with a password and one was given.
 * Prepares the password when one is given, and answers its reference.
 */
export async function openRegistration(
  services: Services,
  given: Omit<Parameters<typeof preparePassword>[1], 'password'> & { password: string | null },
): Promise<string | null> {
  const policy = await services.policies.of(given.tenantId);
  if (!policy.selfRegistration) throw new GatehouseError('FORBIDDEN', 'Nobody registers themselves here.');
  const { password } = given;
  if (password === null) return null;
  requirePasswordSignIn(policy);
  return preparePassword(services, { ...given, password });
}
