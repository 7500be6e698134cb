import { keyset, type Page, type Reader } from '@gatehouse/data';
import { and, eq, exists, inArray, isNull, like, or, type SQL, sql } from 'drizzle-orm';
import { foldCase, searchKey } from '../normalise.ts';
import { type UserRow, type UserStatus, userRoles, userStatuses, users } from '../tables/index.ts';

export type UserFilter = {
  tenantId: string;
  statuses: readonly UserStatus[];
  roleId: string | null;
  /** Each must begin one of the searched columns. */
  words: readonly string[];
};

const columns = {
  CREATED_AT: [users.createdAt, users.id],
  EMAIL: [users.emailKey, users.id],
  LAST_NAME: [users.lastNameKey, users.id],
} as const;

/** One row more than the page, if there is one. Newest first by creation, else A to Z. */
export async function findUsers(
  db: Reader,
  filter: UserFilter,
  order: keyof typeof columns,
  page: Page<[string, string, string]>,
): Promise<UserRow[]> {
  const [value, id] = columns[order];
  const { where, orderBy, limit } = keyset(
    page,
    [value, id],
    ([, at, after]) => [order === 'CREATED_AT' ? new Date(at) : at, after],
    order === 'CREATED_AT' ? 'desc' : 'asc',
  );
  const few = filter.words.length > 1 ? await fewThatFit(db, filter) : null;
  const fits = few ? [inArray(users.id, few)] : conditions(db, filter);
  return await db
    .select()
    .from(users)
    .where(and(...fits, where))
    .orderBy(...orderBy)
    .limit(limit);
}

const fewest = 2_000;

/**
 * Ids of all who fit, null if they are many. Several words together fit so few people that walking the list in its
 * order until a page is full may mean walking all of it, which PostgreSQL's estimates don't foresee.
 */
async function fewThatFit(db: Reader, filter: UserFilter): Promise<string[] | null> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(...conditions(db, filter)))
    .limit(fewest + 1);
  return rows.length > fewest ? null : rows.map(({ id }) => id);
}

/** How many users fit, counted no further than `limit`. */
export async function countUsers(db: Reader, filter: UserFilter, limit: number): Promise<number> {
  const some = db
    .select({ one: sql`1`.as('one') })
    .from(users)
    .where(and(...conditions(db, filter)))
    .limit(limit)
    .as('some');
  const [counted] = await db.select({ count: sql<number>`count(*)::int` }).from(some);
  return counted?.count ?? 0;
}

function conditions(db: Reader, { tenantId, statuses, roleId, words }: UserFilter): (SQL | undefined)[] {
  const all = statuses.length === userStatuses.length;
  const allButDeleted = statuses.length === userStatuses.length - 1 && !statuses.includes('DELETED');
  return [
    eq(users.tenantId, tenantId),
    isNull(users.erasedAt),
    allButDeleted ? isNull(users.deletedAt) : all ? undefined : inArray(users.status, [...statuses]),
    roleId
      ? exists(
          db
            .select({ one: sql`1` })
            .from(userRoles)
            .where(and(eq(userRoles.roleId, roleId), eq(userRoles.userId, users.id))),
        )
      : undefined,
    ...words.map(beginsSomething),
  ];
}

const prefix = (key: string) => `${key.replaceAll(/[\\%_]/g, '\\$&')}%`;

const beginsSomething = (word: string): SQL | undefined =>
  or(
    like(users.emailKey, prefix(word.normalize('NFKC').toLowerCase().normalize('NFC'))),
    like(users.usernameKey, prefix(foldCase(word.normalize('NFKC')))),
    like(users.firstNameKey, prefix(searchKey(word))),
    like(users.lastNameKey, prefix(searchKey(word))),
  );
