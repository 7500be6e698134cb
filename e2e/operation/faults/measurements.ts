import { appendFileSync } from 'node:fs';
import type { Column, Kind, Row } from './matrix.ts';
import type { Outcome } from './traffic.ts';

export type Measurement = {
  row: Row;
  column: Column;
  /** From the end of the fault until everything was answered. */
  recoveredMs: number;
  slowestMs: number;
  /** How often what was answered. */
  answers: Partial<Record<Kind, Record<string, number>>>;
};

/** Writes what a cell was measured at, as a line of JSON, into the file that `RELIABILITY_FILE` names. */
export function measure(
  given: Pick<Measurement, 'row' | 'column' | 'recoveredMs'> & { during: Outcome[] },
): void {
  const file = process.env.RELIABILITY_FILE;
  if (!file) return;
  const { during, ...rest } = given;
  const answers: Measurement['answers'] = {};
  for (const { kind, answer } of during) {
    const counts = answers[kind] ?? {};
    answers[kind] = counts;
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  const slowestMs = Math.max(...during.map(({ milliseconds }) => milliseconds));
  const measurement: Measurement = { ...rest, slowestMs, answers };
  appendFileSync(file, `${JSON.stringify(measurement)}\n`);
}
