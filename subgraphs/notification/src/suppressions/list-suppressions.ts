import { type Connection, connectionOf, type Database, type PageArguments, pageOf } from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { type ListedSuppression, pageOfSuppressions } from '../queries/suppressions.ts';
import { addressHash } from './address-key.ts';

const filterShape = z.object({
  filter: z
    .object({
      address: z.string().trim().min(1).max(254).nullish(),
      kind: z.enum(['BOUNCE', 'COMPLAINT']).nullish(),
    })
    .nullish(),
});

/** A page of what a tenant does not write to, newest first. BAD_USER_INPUT. */
export async function listSuppressions(
  { database }: { database: Database },
  principal: Principal,
  args: PageArguments & { filter?: unknown },
): Promise<Connection<ListedSuppression>> {
  const { tenantId } = principal;
  const page = pageOf(args, z.uuid());
  const { filter } = readInput(filterShape, { filter: args.filter });
  const selection = {
    tenantId,
    ...(filter?.address && { addressHash: addressHash(tenantId, filter.address) }),
    ...(filter?.kind && { kind: filter.kind === 'BOUNCE' ? ('bounce' as const) : ('complaint' as const) }),
  };
  const rows = await database.onReplica(accountKey(principal), (db) =>
    pageOfSuppressions(db, selection, page),
  );
  return connectionOf(rows, page, ({ id }) => id);
}
