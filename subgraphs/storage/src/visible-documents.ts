import { hasPermission, type Principal } from '@gatehouse/identity';
import type { Visible } from './queries/documents.ts';

/** What a principal may see: the own documents, the whole tenant's with documents:read; null: nothing. */
export function visibleTo(principal: Principal | null): Visible | null {
  if (!principal) return null;
  const { tenantId } = principal;
  if (hasPermission(principal, 'documents:read')) return { tenantId, ownerId: null };
  return principal.kind === 'user' ? { tenantId, ownerId: principal.userId } : null;
}
