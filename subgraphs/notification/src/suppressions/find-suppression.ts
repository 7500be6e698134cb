import type { Executor } from '@gatehouse/data';
import type { MailTemplate } from '../../generated/resolvers.ts';
import { stopsOnComplaint } from '../mail/stops-on-complaint.ts';
import { suppressionsOf } from '../queries/suppressions.ts';
import type { Delivery } from '../tables/delivery.ts';
import type { Suppression } from '../tables/suppression.ts';
import { addressHash } from './address-key.ts';

/** Why a message must not be sent; undefined when it may be. */
export async function findSuppression(
  db: Executor,
  { channel, tenantId, recipient, template }: Delivery,
): Promise<Suppression | undefined> {
  if (channel !== 'email') return undefined;
  const known = await suppressionsOf(db, tenantId, addressHash(tenantId, recipient));
  return known.find(({ kind }) => kind === 'bounce' || stopsOnComplaint[template as MailTemplate] !== false);
}
