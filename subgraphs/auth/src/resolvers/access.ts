import { hasPermission, isSelf, type Permission, requirePrincipal } from '@gatehouse/identity';
import { z } from 'zod';
import type { Context } from '../context.ts';

/** The tenant of the caller, when it may see this of that person. */
export function tenantToSee(
  { caller }: Context,
  userId: string | null,
  permission: Permission,
): string | undefined {
  const principal = requirePrincipal(caller);
  const own = userId !== null && isSelf(principal, userId);
  return own || hasPermission(principal, permission) ? principal.tenantId : undefined;
}

export const isId = (id: string): boolean => z.uuid().safeParse(id).success;
