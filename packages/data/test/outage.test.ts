import { readFile } from 'node:fs/promises';
import { createTestDatabase, type TestDatabase } from '@gatehouse/testkit';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../scripts/engines/postgres.ts';
import { type Database, databaseOutage, openDatabase } from '../src/index.ts';

let test: TestDatabase;
const opened: Database[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await test.drop();
});

function open(given: Partial<Parameters<typeof openDatabase>[0]> = {}): Database {
  const database = openDatabase({
    url: test.url,
    schema: 'public',
    poolSize: 1,
    applicationName: 'test outage',
    ...given,
  });
  opened.push(database);
  return database;
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );

const told = {
  code: 'SUBGRAPH_UNAVAILABLE',
  extensions: { code: 'SUBGRAPH_UNAVAILABLE', reason: 'STORE_LOST' },
};

it('a server that is not there, or goes away in the middle of a transaction, is an outage', async () => {
  const server = await startPostgres();
  const database = open({ url: server.url });
  try {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const failing = failureOf(
        database.transaction(async (tx) => {
          await tx.execute(sql`select 1`);
          await server.halt(signal);
          await tx.execute(sql`select 1`);
        }),
      );
      expect(databaseOutage(await failing)).toMatchObject(told);
      expect(databaseOutage(await failureOf(database.db.execute(sql`select 1`)))).toMatchObject(told);
      await server.resume();
      expect((await database.db.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }]);
    }
  } finally {
    await server.stop();
  }
});

it('a server whose socket is missing is one, and no other file that is', async () => {
  const { db } = open({ url: 'postgres://u:p@localhost/d?host=/nowhere' });
  expect(databaseOutage(await failureOf(db.execute(sql`select 1`)))).toMatchObject(told);
  expect(databaseOutage(await failureOf(readFile('/nowhere')))).toBeUndefined();
});

it('a statement that takes too long is one', async () => {
  const { db } = open({ statementTimeoutMs: 50 });
  expect(databaseOutage(await failureOf(db.execute(sql`select pg_sleep(5)`)))).toMatchObject(told);
});

it('no error of a statement is one, nor what is no error of a database', async () => {
  const { db } = open();
  for (const text of ['select 1/0', 'select nothing', 'not sql', "select 'a'::uuid"]) {
    expect(databaseOutage(await failureOf(db.execute(sql.raw(text))))).toBeUndefined();
  }
  for (const other of [new Error('Connection'), undefined, 'timeout', new TypeError('x')]) {
    expect(databaseOutage(other)).toBeUndefined();
  }
});
