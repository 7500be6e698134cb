import pg from 'pg';
import { superuser } from './cluster.ts';

/** Role and database of the application. Not the superuser, who could run programs and read files. */
export const applicationRole = 'gatehouse';

/** Makes the role and its database unless they are there; answers the server's version. */
export async function ensureDatabase(port: number, password: string): Promise<string> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; role: boolean; database: boolean }>(
      `select current_setting('server_version') as version,
        exists (select from pg_roles where rolname = $1) as role,
        exists (select from pg_database where datname = $1) as database`,
      [applicationRole],
    );
    const name = pg.escapeIdentifier(applicationRole);
    if (!rows[0]?.role)
      await client.query(`create role ${name} login createdb password ${pg.escapeLiteral(password)}`);
    if (!rows[0]?.database) await client.query(`create database ${name} owner ${name}`);
    return rows[0]?.version ?? '';
  } finally {
    await client.end();
  }
}
