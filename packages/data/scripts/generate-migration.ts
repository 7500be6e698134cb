/**
 * Writes the next migration of a package: `node packages/data/scripts/generate-migration.ts subgraphs/user add-tenants`.
 * drizzle-kit does the work by the package's drizzle.config.ts; what it can't be told is corrected here.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [folder, name] = process.argv.slice(2);
if (!folder || !name) {
  console.error('usage: generate-migration.ts <package folder> <what-it-does>');
  process.exit(2);
}
const cwd = path.resolve(folder);
const tool = path.resolve(import.meta.dirname, '../../../node_modules/drizzle-kit/bin.cjs');
execFileSync(process.execPath, [tool, 'generate', '--name', name.replaceAll('-', '_')], {
  cwd,
  stdio: 'inherit',
});

// The journal lives in the same schema, so the schema is there before the first migration runs.
for (const file of readdirSync(path.join(cwd, 'migrations')).filter((entry) => entry.endsWith('.sql'))) {
  const target = path.join(cwd, 'migrations', file);
  const text = readFileSync(target, 'utf8');
  const corrected = text.replaceAll(/^CREATE SCHEMA "/gm, 'CREATE SCHEMA IF NOT EXISTS "');
  if (corrected !== text) writeFileSync(target, corrected);
}
