import { type Connection, connectionOf, type Database, type PageArguments, pageOf } from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { pageOfDeliveries } from './queries/deliveries.ts';
import { type Delivery, deliveryStatuses } from './tables/delivery.ts';

const filterShape = z.object({
  filter: z
    .object({
      recipient: z
        .string()
        .trim()
        .max(254)
        .regex(/^\P{C}+$/u, 'must be an e-mail address or a number')
        .nullish(),
      userId: z.uuid().nullish(),
      status: z
        .string()
        .transform((status) => status.toLowerCase())
        .pipe(z.enum(deliveryStatuses))
        .nullish(),
    })
    .nullish(),
});

/** A page of what a tenant has sent, newest first. BAD_USER_INPUT. */
export async function listDeliveries(
  { database }: { database: Database },
  principal: Principal,
  args: PageArguments & { filter?: unknown },
): Promise<Connection<Delivery>> {
  const { tenantId } = principal;
  const page = pageOf(args, z.uuid());
  const { filter } = readInput(filterShape, { filter: args.filter });
  const rows = await database.onReplica(accountKey(principal), (db) =>
    pageOfDeliveries(db, { tenantId, ...filter }, page),
  );
  return connectionOf(rows, page, ({ id }) => id);
}
