import { GatehouseError } from '@gatehouse/service-kit';
import { isBuiltIn } from './built-in-client.ts';
import { type Caller, type Principal, personOf, requireUser, type UserPrincipal } from './principal.ts';

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

/**
 * The person whose way to sign in (sessions, devices, factors, keys, linked accounts, security events) the principal may see: who
 * is at the product itself, or whom an API key with profile:read acts as, which they made for it. Null for everybody else: of
 * what another client is granted, nothing says that it sees from where somebody signs in.
 */
export const securedPersonOf = (principal: Principal | null): string | null =>
  principal?.kind === 'user' && !isBuiltIn(principal) ? null : personOf(principal);
