// Fails when the tables in code have changed since the last migration was generated.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const tool = resolve('node_modules/drizzle-kit/bin.cjs');

for (const configFile of globSync('{packages,subgraphs}/*/drizzle.config.ts').sort()) {
  const folder = resolve(dirname(configFile));
  const { default: config } = (await import(pathToFileURL(resolve(configFile)).href)) as {
    default: { schema: string | string[]; out: string };
  };
  const work = mkdtempSync(join(tmpdir(), 'gatehouse-migrations-'));
  try {
    const migrations = join(work, 'migrations');
    cpSync(join(folder, config.out), migrations, { recursive: true });
    const before = readdirSync(migrations).length;
    const schema = [config.schema].flat().map((path) => join(folder, path));
    const checked = join(work, 'drizzle.config.json');
    writeFileSync(checked, JSON.stringify({ ...config, schema, out: 'migrations' }));
    execFileSync(process.execPath, [tool, 'generate', '--config', checked], { cwd: work, stdio: 'pipe' });
    if (readdirSync(migrations).length === before) continue;
    console.error(`${dirname(configFile)}: tables and migrations differ; generate a migration.`);
    process.exitCode = 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
