import type { Database } from '@gatehouse/data';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { deleteSuppression } from '../queries/suppressions.ts';
import type { Suppression } from '../tables/suppression.ts';

const input = z.object({ suppressionId: z.uuid() });

/** Has an address written to again; a report of before does not bring it back. NOT_FOUND where the tenant has no such suppression. */
export async function liftSuppression(
  { database }: { database: Database },
  tenantId: string,
  request: unknown,
): Promise<Suppression> {
  const { suppressionId } = readInput(input, request);
  return await database.transaction(async (tx) => {
    const lifted = await deleteSuppression(tx, tenantId, suppressionId);
    if (!lifted) throw new GatehouseError('NOT_FOUND', 'There is no such suppression.');
    return lifted;
  });
}
