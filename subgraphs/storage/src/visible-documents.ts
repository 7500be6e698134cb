import { hasPermission, type Principal, personOf } from '@gatehouse/identity';
import type { Visible } from './queries/documents.ts';

/** What a principal may see: the own documents, the whole tenant's with documents:read; null: nothing. */
export function visibleTo(principal: Principal | null): Visible | null {
  if (!principal) return null;
  const { tenantId } = principal;
  if (hasPermission(principal, 'documents:read')) return { tenantId, ownerId: null };
  const ownerId = personOf(principal);
  return ownerId ? { tenantId, ownerId } : null;
}
