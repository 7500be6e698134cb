// node scripts/reliability.ts: runs the fault matrix and writes docs/reliability.md from what was measured; `--from FILE` takes the
// measurements of a run before, `--check` says whether the page tells the same cells and verdicts as the matrix.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Measurement } from '../e2e/operation/faults/measurements.ts';
import { renderReliability, withoutMeasurements } from './lib/reliability.ts';

const page = resolve(import.meta.dirname, '../docs/reliability.md');
const [option, given] = process.argv.slice(2);

if (option === '--check') {
  if (withoutMeasurements(readFileSync(page, 'utf8')) !== withoutMeasurements(renderReliability([]))) {
    console.error('docs/reliability.md differs from e2e/operation/faults/matrix.ts: npm run reliability');
    process.exit(1);
  }
} else {
  const file = option === '--from' && given ? given : measured();
  writeFileSync(page, renderReliability(read(file)));
}

/** Runs every cell; the file of its measurements. */
function measured(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-reliability-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const file = join(folder, 'measurements.jsonl');
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'operation', 'e2e/operation/faults-'],
    {
      stdio: 'inherit',
      env: { ...process.env, RELIABILITY_FILE: file },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
  return file;
}

function read(file: string): Measurement[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measurement);
}
