import type { EventOf } from '@gatehouse/events';
import type { StorageDeps } from '../deps.ts';
import { isId } from '../is-id.ts';
import { giveReserved } from '../queries/reservations.ts';

export const storageGroup = 'storage';

/**
 * A user was added with documents: what was set aside for them becomes theirs. One statement that finds nothing the
 * second time, so a repeated event needs no record of the first.
 */
export async function giveDocuments(
  deps: Pick<StorageDeps, 'database' | 'logger'>,
  event: EventOf<'user.created'>,
): Promise<void> {
  const { documentIds: named } = event.data.metadata;
  const documentIds = Array.isArray(named) ? named.filter(isId) : [];
  if (documentIds.length === 0) return;
  const { userId } = event.data;
  const given = await giveReserved(deps.database.db, documentIds, { tenantId: event.tenantid, userId });
  deps.logger.info({ userId, given, event: event.id }, 'documents given to a new user');
}
