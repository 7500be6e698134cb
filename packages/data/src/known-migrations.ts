import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '@gatehouse/service-kit';
import { type SQL, sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';

/** A contract only breaks code that does not know the expand which made it needless (docs/decisions/0030). */
const contract = /^-- contract of (\S+): *\S/m;

type Known = { hash: string; contractOf: string | null };

/** The migrations of a folder, by the hashes under which they are journaled. */
function readKnown(folder: string): Known[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: { tag: string }[];
  };
  const migrations = readMigrationFiles({ migrationsFolder: folder });
  const hashes = new Map(entries.map(({ tag }, index) => [tag, migrations[index]?.hash]));
  return migrations.map(({ hash, sql: statements }) => {
    const tag = contract.exec(statements.join('\n'))?.[1];
    return { hash, contractOf: (tag !== undefined && hashes.get(tag)) || null };
  });
}

const exists = async (db: NodePgDatabase, table: string): Promise<boolean> => {
  const { rows } = await db.execute(sql`select to_regclass(${table}) is not null as exists`);
  return rows[0]?.exists === true;
};

/**
 * Refuses, with a StartupError, a journal that holds a migration unknown to this code which takes away what this code may need, or of
 * which nothing is noted. Notes of its own migrations what an older release will want to know.
 */
export async function agreeOnMigrations(
  db: NodePgDatabase,
  { folder, schema, journal }: { folder: string; schema: string; journal: string },
): Promise<void> {
  const known = readKnown(folder);
  const notes = `${journal}_note`;
  const table = (name: string): SQL => sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
  await db.execute(sql`create table if not exists ${table(notes)} (hash text primary key, contract_of text)`);
  const hashes = known.map(({ hash }) => hash);
  if (await exists(db, `"${schema}"."${journal}"`)) {
    const { rows } = await db.execute(sql`
      select applied.hash from ${table(journal)} applied left join ${table(notes)} note using (hash)
      where applied.hash <> all(${sql.param(hashes)}::text[])
        and (note.hash is null or note.contract_of <> all(${sql.param(hashes)}::text[]))`);
    if (rows.length > 0) {
      throw new StartupError(
        `The data is from a newer version: schema "${schema}" holds ${rows.length} migration(s) that this version does not know and can't serve beside.`,
      );
    }
  }
  await db.execute(sql`
    insert into ${table(notes)} (hash, contract_of)
    select * from unnest(${sql.param(hashes)}::text[], ${sql.param(known.map((one) => one.contractOf))}::text[])
    on conflict do nothing`);
}
