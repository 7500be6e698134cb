import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { StorageDeps } from './deps.ts';
import { documentsById } from './queries/documents.ts';

const shape = z.object({
  tenantId: z.uuid(),
  documentIds: z.array(z.uuid()).min(1).max(100),
  holderId: z.uuid(),
});

/** Whether all of these are stored documents of the holder. */
export async function holdsDocuments(deps: Pick<StorageDeps, 'database'>, input: unknown): Promise<boolean> {
  const { tenantId, documentIds, holderId: ownerId } = readInput(shape, input);
  const ids = [...new Set(documentIds.map((id) => id.toLowerCase()))];
  const held = await documentsById(deps.database.db, { tenantId, ownerId }, ids);
  return held.length === ids.length;
}
