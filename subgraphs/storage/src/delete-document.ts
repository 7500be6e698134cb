import { hasPermission, isSelf, type Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { StorageDeps } from './deps.ts';
import { existingDocument, markDeleted } from './queries/documents.ts';

const shape = z.object({ documentId: z.uuid() });

/**
 * Deletes the own document, announced or stored, or another's with documents:delete. It is gone at once; its content is
 * removed later. NOT_FOUND when the caller may not know of it, FORBIDDEN, CONFLICT while it is set aside for a new user.
 */
export async function deleteDocument(
  deps: Pick<StorageDeps, 'database'>,
  principal: Principal,
  input: unknown,
): Promise<{ documentId: string }> {
  const { documentId: id } = readInput(shape, input);
  const where = { id, tenantId: principal.tenantId };
  const document = await existingDocument(deps.database.db, where);
  const own = document !== undefined && isSelf(principal, document.ownerId);
  const mayDelete = own || hasPermission(principal, 'documents:delete');
  const maySee = own || (document?.status === 'stored' && hasPermission(principal, 'documents:read'));
  if (!document || !(maySee || mayDelete)) {
    throw new GatehouseError('NOT_FOUND', 'There is no such document.');
  }
  if (!mayDelete) throw new GatehouseError('FORBIDDEN', 'This needs the permission documents:delete.');
  await deps.database.transaction(async (tx) => {
    if (!(await markDeleted(tx, where))) {
      throw new GatehouseError('CONFLICT', 'The document is set aside for a user being added.');
    }
    return { ownerId: document.ownerId };
  });
  return { documentId: id };
}
