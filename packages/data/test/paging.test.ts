import { createTestDatabase, type TestDatabase } from '@gatehouse/testkit';
import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  connectionOf,
  type Database,
  encodeCursor,
  keyset,
  openDatabase,
  type PageArguments,
  pageOf,
} from '../src/index.ts';

const letter = pgTable('letter', { id: integer('id').primaryKey(), name: text('name').notNull() });
const shape = z.tuple([z.string(), z.int()]);

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase({ url: test.url, schema: 'public', poolSize: 2, applicationName: 'test' });
  await database.db.execute(sql`create table letter (id int primary key, name text not null)`);
  // Names repeat: the id makes the order total.
  await database.db.execute(sql`insert into letter select n, chr(97 + n % 3) from generate_series(1, 25) n`);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

async function list(args: PageArguments, order: 'asc' | 'desc' = 'asc') {
  const page = pageOf(args, shape);
  const { where, orderBy, limit } = keyset(page, [letter.name, letter.id], (cursor) => cursor, order);
  const rows = await database.db
    .select()
    .from(letter)
    .where(where)
    .orderBy(...orderBy)
    .limit(limit);
  return connectionOf(rows, page, (row) => [row.name, row.id] as [string, number]);
}

describe.each(['asc', 'desc'] as const)('a list in %s order', (order) => {
  it('is walked forward without gaps or doubles', async () => {
    const all = (await list({ first: 100 }, order)).nodes;
    expect(all).toHaveLength(25);
    const walked = [];
    let after: string | null = null;
    for (;;) {
      const page = await list({ first: 4, after }, order);
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      walked.push(...page.nodes);
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(walked).toEqual(all);
  });

  it('is walked backward to the same order', async () => {
    const all = (await list({ first: 100 }, order)).nodes;
    const walked = [];
    let before: string | null = null;
    for (;;) {
      const page = await list({ last: 4, before }, order);
      expect(page.pageInfo.hasNextPage).toBe(before !== null);
      walked.unshift(...page.nodes);
      before = page.pageInfo.startCursor;
      if (!page.pageInfo.hasPreviousPage) break;
    }
    expect(walked).toEqual(all);
  });
});

it('gives 20 unless told, and nothing past the end', async () => {
  const page = await list({});
  expect(page.edges).toHaveLength(20);
  expect(page.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: page.edges[0]?.cursor,
    endCursor: page.edges[19]?.cursor,
  });
  const empty = await list({ after: encodeCursor(['z', 1]) });
  expect(empty).toMatchObject({
    nodes: [],
    pageInfo: { hasNextPage: false, startCursor: null, endCursor: null },
  });
});

it.each([
  [{ first: 0 }, 'first'],
  [{ first: 101 }, 'first'],
  [{ first: 1.5 }, 'first'],
  [{ last: -1 }, 'last'],
  [{ first: 1, last: 1 }, 'last'],
  [{ first: 1, before: 'x' }, 'before'],
  [{ last: 1, after: 'x' }, 'after'],
  [{ after: 'x', before: 'y' }, 'after'],
  [{ after: '%%%' }, 'after'],
  [{ after: encodeCursor({ name: 'a' }) }, 'after'],
  [{ after: encodeCursor(['a', '1; drop table letter']) }, 'after'],
  [{ after: encodeCursor(['a'.repeat(5_000), 1]) }, 'after'],
  [{ before: '' }, 'before'],
])('refuses %j', (args, path) => {
  let refusal: unknown;
  try {
    pageOf(args, shape);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', fields: [{ path }] } });
});
