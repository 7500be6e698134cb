import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { StorageDeps } from './deps.ts';
import { release, reserve } from './queries/reservations.ts';

const shape = z.object({
  tenantId: z.uuid(),
  documentIds: z.array(z.uuid()).min(1).max(100),
  holderId: z.uuid(),
  forUserId: z.uuid(),
});

/** Sets all of the holder's documents aside for a user being added, or none: BAD_USER_INPUT. Again does no harm. */
export async function reserveDocuments(
  deps: Pick<StorageDeps, 'database' | 'config'>,
  input: unknown,
): Promise<void> {
  const { documentIds, ...wanted } = readInput(shape, input);
  const ids = [...new Set(documentIds)];
  await deps.database.transaction(async (tx) => {
    const reserved = await reserve(tx, ids, { ...wanted, seconds: deps.config.reservationSeconds });
    if (reserved < ids.length) {
      throw badInput({
        path: 'documentIds',
        message: 'must all be stored documents of yours, not given to anybody',
      });
    }
  });
}

/** Takes a reservation back. Idempotent; without effect once the documents are the new user's. */
export async function releaseDocuments(
  deps: Pick<StorageDeps, 'database'>,
  input: { forUserId: string },
): Promise<void> {
  const { forUserId } = readInput(shape.pick({ forUserId: true }), input);
  await release(deps.database.db, forUserId);
}
