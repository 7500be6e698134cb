import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { ownServerVariable, urlVariable } from './test-postgres.ts';

export type TestDatabase = { url: string; drop(): Promise<void> };

/** What many databases of a run begin with: prepared in one of them, which the others are copies of. */
export type Template = { name: string; prepare(url: string): Promise<void> };

/** A new database with a random name, empty or as the template says; `drop` ends the connections that are left and removes it. */
export async function createTestDatabase(template?: Template): Promise<TestDatabase> {
  const server = process.env[urlVariable];
  if (!server)
    throw new Error(`${urlVariable} is not set: add @gatehouse/testkit/global-setup to vitest's globalSetup`);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const urlOf = (database: string) => Object.assign(new URL(server), { pathname: `/${database}` }).href;
  // A server that outlives the run must not keep what was prepared: the next run may prepare something else.
  const isCopied = template !== undefined && process.env[ownServerVariable] !== undefined;
  await on(server, async (client) => {
    if (!isCopied) return void (await client.query(`create database ${name}`));
    const prepared = await prepareOnce(client, template, urlOf);
    await client.query(`create database ${name} template ${prepared} strategy file_copy`);
  });
  const url = urlOf(name);
  if (template && !isCopied) await template.prepare(url);
  return {
    url,
    drop: () =>
      on(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** The template's database; processes that ask at once wait for the first. */
async function prepareOnce(
  client: pg.Client,
  { name, prepare }: Template,
  urlOf: (database: string) => string,
): Promise<string> {
  const database = `template_${name}`;
  await client.query('select pg_advisory_lock(hashtext($1))', [database]);
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount) return database;
    const draft = `${database}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft}`);
    await prepare(urlOf(draft));
    await client.query(`alter database ${draft} rename to ${database}`);
    return database;
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [database]);
  }
}

async function on(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
