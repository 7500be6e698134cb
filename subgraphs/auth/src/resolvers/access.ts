import {
  hasPermission,
  type Permission,
  type Principal,
  requirePrincipal,
  securedPersonOf,
} from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { Context } from '../context.ts';

/** The tenant of the caller, when it may see this of how that person signs in: its own, or anybody's with the permission. */
export function tenantToSee(
  { caller }: Context,
  userId: string | null,
  permission: Permission,
): string | undefined {
  const principal = requirePrincipal(caller);
  const own = userId !== null && securedPersonOf(principal) === userId;
  return own || hasPermission(principal, permission) ? principal.tenantId : undefined;
}

export const isId = (id: string): boolean => z.uuid().safeParse(id).success;

/** The person whose way to sign in the caller may see; FORBIDDEN for another client that acts for them. */
export function requireSecured(principal: Principal): string {
  const userId = securedPersonOf(principal);
  if (userId !== null) return userId;
  throw new GatehouseError('FORBIDDEN', 'This is not for other clients to see.');
}
