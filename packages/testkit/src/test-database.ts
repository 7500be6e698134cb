import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { urlVariable } from './test-postgres.ts';

export type TestDatabase = { url: string; drop(): Promise<void> };

/** A new, empty database with a random name; `drop` ends the connections that are left and removes it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env[urlVariable];
  if (!server)
    throw new Error(`${urlVariable} is not set: add @gatehouse/testkit/global-setup to vitest's globalSetup`);
  const name = `test_${randomBytes(8).toString('hex')}`;
  await run(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => run(server, `drop database if exists ${name} with (force)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
