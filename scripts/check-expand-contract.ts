// Fails when a migration would break, or hold up, the release before it (docs/decisions/0030-migrations-beside-the-release-before.md).
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemsOf } from './lib/migration-rules.ts';
import baselines from './migration-baselines.json' with { type: 'json' };

for (const file of globSync('{packages,subgraphs}/*/migrations/meta/_journal.json').sort()) {
  const folder = dirname(dirname(file));
  const { entries } = JSON.parse(readFileSync(file, 'utf8')) as { entries: { tag: string }[] };
  const migrations = entries.map(({ tag }) => ({
    tag,
    sql: readFileSync(join(folder, `${tag}.sql`), 'utf8'),
  }));
  const baseline = (baselines as Record<string, string>)[dirname(folder)];
  for (const problem of await problemsOf(migrations, baseline)) {
    console.error(`${folder}/${problem}`);
    process.exitCode = 1;
  }
}
