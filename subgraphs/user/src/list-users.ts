import {
  type Connection,
  connectionOf,
  type Page,
  type PageArguments,
  pageOf,
  type Reader,
} from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { UserDeps } from './deps.ts';
import { roleNameField, textField } from './fields.ts';
import { countUsers, findUsers, type UserFilter } from './queries/list-users.ts';
import { rolesByName } from './queries/roles.ts';
import { type UserRow, userStatuses } from './tables/index.ts';

export const userOrders = ['CREATED_AT', 'EMAIL', 'LAST_NAME'] as const;
export type UserOrder = (typeof userOrders)[number];

const filterShape = z
  .object({
    status: z.array(z.enum(userStatuses)).max(userStatuses.length, 'are too many').nullish(),
    role: roleNameField.nullish(),
    text: textField(200).nullish(),
  })
  .nullish();

/** A cursor holds the order it belongs to, the value there, and the id. */
const cursorShape = (order: UserOrder) =>
  z.tuple([z.literal(order), order === 'CREATED_AT' ? z.iso.datetime() : z.string().max(400), z.uuid()]);

const maxWords = 5;
/** Counted no further: a list this long is searched, not counted. */
const maxCount = 10_000;

/**
 * A page of the caller's tenant. Deleted users appear only when asked for by status. `count` answers how many fit the
 * filter, null above 10,000. BAD_USER_INPUT.
 */
export async function listUsers(
  deps: Pick<UserDeps, 'database'>,
  principal: Principal,
  args: PageArguments & { filter?: unknown; orderBy?: UserOrder | null },
): Promise<Connection<UserRow> & { count(): Promise<number | null> }> {
  const order = args.orderBy ?? 'CREATED_AT';
  const page = pageOf(args, cursorShape(order)) as Page<[UserOrder, string, string]>;
  const filter = await readFilter(deps, principal.tenantId, args.filter);
  const read = <T>(what: (db: Reader) => Promise<T>) => deps.database.onReplica(accountKey(principal), what);
  const rows = filter ? await read((db) => findUsers(db, filter, order, page)) : [];
  return {
    ...connectionOf(rows, page, (row) => [order, orderValue[order](row), row.id]),
    async count() {
      const counted = filter ? await read((db) => countUsers(db, filter, maxCount + 1)) : 0;
      return counted > maxCount ? null : counted;
    },
  };
}

const orderValue: Record<UserOrder, (row: UserRow) => string> = {
  CREATED_AT: (row) => row.createdAt.toISOString(),
  EMAIL: (row) => row.emailKey,
  LAST_NAME: (row) => row.lastNameKey,
};

/** What the filter means in this tenant; null when nobody can fit it. */
async function readFilter(
  deps: Pick<UserDeps, 'database'>,
  tenantId: string,
  given: unknown,
): Promise<UserFilter | null> {
  const { status, role, text } = readInput(filterShape, given) ?? {};
  const words = text?.split(/\s+/u) ?? [];
  if (words.length > maxWords)
    throw badInput({ path: 'filter.text', message: `has more than ${maxWords} words` });
  const statuses = status?.length ? status : userStatuses.filter((one) => one !== 'DELETED');
  if (!role) return { tenantId, statuses, words, roleId: null };
  const [found] = await rolesByName(deps.database.db, tenantId, [role]);
  return found ? { tenantId, statuses, words, roleId: found.id } : null;
}
