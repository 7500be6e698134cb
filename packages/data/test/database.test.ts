import { StartupError } from '@gatehouse/service-kit';
import { createTestDatabase, type TestDatabase } from '@gatehouse/testkit';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Database,
  databaseErrorOf,
  markTransaction,
  openDatabase,
  violatedConstraint,
} from '../src/index.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase({ url: test.url, schema: 'house', poolSize: 3, applicationName: 'test house' });
  await database.db.execute(sql`create schema house`);
  await database.db.execute(sql`create table thing (name text constraint thing_name unique)`);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const names = async () =>
  (await database.db.execute<{ name: string }>(sql`select name from house.thing order by 1`)).rows.map(
    (row) => row.name,
  );

describe('transaction', () => {
  it('commits what it did and answers its result', async () => {
    const result = await database.transaction(async (tx) => {
      await tx.execute(sql`insert into thing values ('kept')`);
      return 7;
    });
    expect(result).toBe(7);
    expect(await names()).toContain('kept');
  });

  it('rolls back and throws what was thrown', async () => {
    const failure = new Error('mine');
    const attempt = database.transaction(async (tx) => {
      await tx.execute(sql`insert into thing values ('lost')`);
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect(await names()).not.toContain('lost');
  });

  it('fails alone when its connection is cut, and throws the first error', async () => {
    const attempt = database.transaction(async (tx) => {
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`);
    });
    await expect(attempt).rejects.toSatisfy((error) => databaseErrorOf(error)?.code === '57P01');
    await database.check();
  });

  it('calls back after the commit of a marked transaction, not after a rollback', async () => {
    const told = vi.fn();
    const stop = database.onCommit('things', told);
    await database.transaction(async (tx) => {
      markTransaction(tx, 'things');
      expect(told).not.toHaveBeenCalled();
    });
    expect(told).toHaveBeenCalledTimes(1);
    await database.transaction(async () => {});
    await database
      .transaction(async (tx) => {
        markTransaction(tx, 'things');
        throw new Error('rolled back');
      })
      .catch(() => {});
    stop();
    await database.transaction(async (tx) => markTransaction(tx, 'things'));
    expect(told).toHaveBeenCalledTimes(1);
  });
});

it('names the constraint that was violated', async () => {
  await database.db.execute(sql`insert into thing values ('unique')`);
  const error = await database.db.execute(sql`insert into thing values ('unique')`).catch((thrown) => thrown);
  expect(violatedConstraint(error)).toBe('thing_name');
  expect(violatedConstraint(new Error('other'))).toBeUndefined();
  expect(violatedConstraint(undefined)).toBeUndefined();
});

describe('check', () => {
  const check = async (change: (url: URL) => void) => {
    const url = new URL(test.url);
    change(url);
    const other = openDatabase({ url: url.href, schema: 'house', poolSize: 1, applicationName: 'test' });
    const error = await other.check().catch((thrown: unknown) => thrown);
    await other.close();
    expect(error).toBeInstanceOf(StartupError);
    const { message } = error as StartupError;
    expect(message).not.toContain('\n');
    expect(message).not.toContain(url.password);
    return message;
  };

  it('says in one line why, and never the password', async () => {
    expect(
      await check((url) => {
        url.port = '1';
      }),
    ).toMatch(/127\.0\.0\.1:1\/test_\w+ .*nothing listens there/);
    expect(
      await check((url) => {
        url.password = 'wrong-password';
      }),
    ).toMatch(/user or password is wrong/);
    expect(
      await check((url) => {
        url.pathname = '/absent';
      }),
    ).toMatch(/this database does not exist/);
  });
});

it('refuses schema names that are no plain identifiers', () => {
  const open = (schema: string) =>
    openDatabase({ url: test.url, schema, poolSize: 1, applicationName: 'test' });
  for (const schema of ['', 'a b', 'a"b', 'Upper', '1st']) expect(() => open(schema)).toThrow(TypeError);
});
