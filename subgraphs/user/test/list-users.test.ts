import type { Caller } from '@gatehouse/identity';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, fieldsOf, startUser, type TestUser } from './harness.ts';

const document = `query (
  $first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder
) {
  users(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id email lastName }
  }
}`;

type Page = {
  totalCount: number | null;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  nodes: { id: string; email: string; lastName: string | null }[];
};

const total = 5_000;

describe('users', () => {
  let user: TestUser;
  let admin: Caller;
  beforeAll(async () => {
    user = await startUser();
    // Many share a time of creation and a last name, so that only the id tells them apart.
    await user.deps.database.db.execute(sql`
      insert into "user".users
        (id, tenant_id, email, email_key, last_name, last_name_key, first_name, first_name_key, status, created_at)
      select gen_random_uuid(), ${user.tenant.id}, 'p' || n || '@example.com', 'p' || n || '@example.com',
        'Name' || n % 50, 'name' || n % 50, 'Zoë', 'zoe', case when n % 100 = 0 then 'DISABLED' else 'ACTIVE' end,
        now() - (n / 10) * interval '1 second'
      from generate_series(1, ${total - 1}) n`);
    await user.deps.database.db.execute(sql`analyze "user".users`);
    admin = await user.signedIn(await user.person('admin', { roles: ['admin'] }));
  });
  afterAll(() => user.stop());

  const ask = (variables: Record<string, unknown>) => user.ask(admin, document, variables);
  const page = async (variables: Record<string, unknown>): Promise<Page> => {
    const answer = await ask(variables);
    expect(answer.errors).toBeUndefined();
    return answer.data.users;
  };

  it.each(['CREATED_AT', 'EMAIL', 'LAST_NAME'])(
    'pages through everybody by %s, there and back',
    async (orderBy) => {
      const there: string[] = [];
      let cursor: string | null = null;
      for (;;) {
        const { nodes, pageInfo }: Page = await page({ first: 100, after: cursor, orderBy });
        there.push(...nodes.map(({ id }) => id));
        cursor = pageInfo.endCursor;
        if (!pageInfo.hasNextPage) break;
      }
      expect(there).toHaveLength(total);
      expect(new Set(there).size).toBe(total);

      const back: string[] = [];
      cursor = null;
      for (;;) {
        const { nodes, pageInfo }: Page = await page({ last: 100, before: cursor, orderBy });
        back.unshift(...nodes.map(({ id }) => id));
        cursor = pageInfo.startCursor;
        if (!pageInfo.hasPreviousPage) break;
      }
      expect(back).toEqual(there);
    },
  );

  it('finds words at the start of name, username or address, whatever their case and accents', async () => {
    expect((await page({ filter: { text: 'P4999' } })).nodes).toMatchObject([{ email: 'p4999@example.com' }]);
    const found = await page({ filter: { text: 'zoe NAME7' } });
    expect(found.totalCount).toBe(100);
    expect(found.nodes.every(({ lastName }) => lastName === 'Name7')).toBe(true);
    expect((await page({ filter: { text: 'ZOË p123@' } })).totalCount).toBe(1);
    expect((await page({ filter: { text: 'ame7' } })).totalCount).toBe(0);
  });

  it('filters by status and role', async () => {
    expect((await page({ filter: { status: ['DISABLED'] } })).totalCount).toBe(49);
    expect((await page({ filter: { role: 'admin' } })).nodes).toMatchObject([{ email: 'admin@example.com' }]);
    expect((await page({ filter: { role: 'no-such' } })).nodes).toEqual([]);
    expect((await page({ filter: { status: [] } })).totalCount).toBe(total);
  });

  it('takes wildcards and SQL as the characters they are', async () => {
    for (const text of ['%', '_', 'p%', '\\', "' or '1'='1", '"; drop table users; --', '<b>']) {
      expect((await page({ filter: { text } })).totalCount, text).toBe(0);
    }
    expect((await page({})).totalCount).toBe(total);
  });

  it('refuses what is out of bounds', async () => {
    const elsewhere = (await page({ orderBy: 'EMAIL' })).pageInfo.endCursor;
    const cases: [Record<string, unknown>, string][] = [
      [{ first: 0 }, 'first'],
      [{ first: -1 }, 'first'],
      [{ first: 101 }, 'first'],
      [{ last: 1_000_000 }, 'last'],
      [{ first: 1, last: 1 }, 'last'],
      [{ after: 'nonsense' }, 'after'],
      [{ after: elsewhere }, 'after'],
      [{ after: Buffer.from('["CREATED_AT","\' or 1=1",""]').toString('base64url') }, 'after'],
      [{ filter: { text: 'x'.repeat(300) } }, 'text'],
      [{ filter: { text: 'a\0b' } }, 'text'],
      [{ filter: { text: 'a b c d e f' } }, 'filter.text'],
      [{ filter: { role: 'Not A Role' } }, 'role'],
    ];
    for (const [variables, field] of cases) {
      const answer = await ask(variables);
      expect([codesOf(answer), fieldsOf(answer)], JSON.stringify(variables)).toEqual([
        ['BAD_USER_INPUT'],
        [field],
      ]);
    }
  });

  it('costs a handful of queries with roles, permissions and tenant of a hundred', async () => {
    const { pool } = user.deps.database;
    const query = pool.query.bind(pool);
    let queries = 0;
    pool.query = ((...args: Parameters<typeof query>) => {
      queries++;
      return query(...args);
    }) as typeof pool.query;
    try {
      const answer = await user.ask(
        admin,
        '{ users(first: 100) { nodes { permissions tenant { name } roles { name permissions { name } inherits { name } } } } }',
      );
      expect(answer.data.users.nodes).toHaveLength(100);
      expect(queries).toBeLessThanOrEqual(6);
    } finally {
      pool.query = query as typeof pool.query;
    }
  });

  it('counts only when asked, and no further than 10,000', async () => {
    await user.deps.database.db.execute(sql`
      insert into "user".users (id, tenant_id, email, email_key, status)
      select gen_random_uuid(), ${user.tenant.id}, 'q' || n, 'q' || n, 'ACTIVE' from generate_series(1, 5001) n`);
    expect((await page({})).totalCount).toBeNull();
    await user.deps.database.db.execute(sql`delete from "user".users where email_key = 'q1'`);
    expect((await page({})).totalCount).toBe(10_000);
  });
});
