import type { Principal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';

/** FORBIDDEN unless the principal holds every permission that it is about to hand on. */
export function requireHeld(principal: Principal, scopes: readonly string[]): void {
  const missing = scopes.filter((scope) => !principal.permissions.includes(scope));
  if (missing.length === 0) return;
  throw new GatehouseError('FORBIDDEN', `Nobody gives what they do not hold: ${missing.join(', ')}.`);
}
