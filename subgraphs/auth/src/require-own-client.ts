import { type Caller, type Principal, requireUser, type UserPrincipal } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { isBuiltIn } from './oidc/client-metadata.ts';

/**
 * A person at the product itself, or a program in its own name; FORBIDDEN for another client that acts for a person: what
 * it was granted are permissions, and none of them is to change how the person signs in or to end their sessions.
 */
export function requireOwnClient(principal: Principal): void {
  if (principal.kind === 'client' || (principal.kind === 'user' && isBuiltIn(principal))) return;
  throw new GatehouseError('FORBIDDEN', 'This client may not do so for a person.');
}

/** A person at the product itself. UNAUTHENTICATED, FORBIDDEN. */
export function requireOwnUser(caller: Caller): UserPrincipal {
  const user = requireUser(caller);
  requireOwnClient(user);
  return user;
}
