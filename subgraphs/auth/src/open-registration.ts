import { GatehouseError } from '@gatehouse/service-kit';
import { preparePassword } from './passwords/prepare-password.ts';
import type { Services } from './services.ts';

/**
 * Asked by the user subgraph before somebody registers: FORBIDDEN where the tenant does not let people register themselves.
 * Prepares the password when one is given, and answers its reference.
 */
export async function openRegistration(
  services: Services,
  given: Omit<Parameters<typeof preparePassword>[1], 'password'> & { password: string | null },
): Promise<string | null> {
  const { selfRegistration } = await services.policies.of(given.tenantId);
  if (!selfRegistration) throw new GatehouseError('FORBIDDEN', 'Nobody registers themselves here.');
  const { password } = given;
  return password === null ? null : preparePassword(services, { ...given, password });
}
