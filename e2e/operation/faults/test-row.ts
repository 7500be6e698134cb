import { isErrorCode } from '@gatehouse/service-kit';
import { beforeAll, describe, expect, test } from 'vitest';
import { faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import { type Column, columns, type Expectation, type Kind, kinds, matrix, type Row } from './matrix.ts';
import { measure } from './measurements.ts';
import { describe as describeTraffic, type Outcome, startTraffic, type Traffic } from './traffic.ts';

type Step<Next> = () => Promise<Next>;

/** What a row looks at besides the traffic. */
export type RowChecks = {
  /** Called before a fault, what it answers while that lasts, and what this answers after it. */
  around?(column: Column, traffic: Traffic): Promise<Step<Step<void> | void> | void>;
  /** After the last fault, when the traffic has ended. */
  atTheEnd?(): Promise<void>;
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isFine = ({ answer }: Outcome) => answer === 'ok';
/** Long enough for the first of every kind. */
const settlesWithinMs = 20_000;

/** A test for each cell of the row, one after the other under the same traffic, and one for what has to be there in the end. */
export function testRow(row: Row, fleet: () => Fleet, checks: RowChecks = {}): void {
  describe(row, () => {
    let traffic: Traffic;
    beforeAll(async () => {
      traffic = await startTraffic(fleet().story);
      await everythingGoes(traffic, Date.now(), settlesWithinMs);
    });

    for (const column of columns) {
      const cell = matrix[row][column];
      if ('notSimulated' in cell) continue;
      test(`${column}: ${describeCell(cell)}`, async (context) => {
        const part = fleet().part(row);
        if (column === 'disk full' && !part.disk) return context.skip('this process may not mount a disk');
        const meanwhile = await checks.around?.(column, traffic);
        const from = Date.now();
        await faults[column].begin(part);
        const lasting = pause(faults[column].lastsMs);
        let afterwards: Step<void> | void;
        try {
          afterwards = await meanwhile?.();
          await lasting;
          if (cell.degraded) await expectDegraded(fleet(), [cell.degraded]);
        } finally {
          await faults[column].end(part);
        }
        const endedAt = Date.now();
        const recoveredMs = await everythingGoes(traffic, endedAt, cell.recoversWithinMs);
        await expectDegraded(fleet(), []);
        await afterwards?.();

        const during = traffic.outcomes.filter(
          (one) => one.startedAt + one.milliseconds > from && one.startedAt < endedAt + recoveredMs,
        );
        measure({ row, column, during, recoveredMs });
        expect(
          during.filter((one) => !isExpected(one, cell)).map(describeOutcome),
          describeTraffic(traffic.outcomes, from),
        ).toEqual([]);
      });
    }

    test('in the end nothing is lost, doubled, damaged or stuck', async () => {
      const { documents, events, newcomers, wrong } = await traffic.stop();
      expect(wrong).toEqual([]);
      expect(documents).toBeGreaterThan(1);
      expect(events).toBeGreaterThan(5);
      expect(newcomers).toBeGreaterThan(5);
      await checks.atTheEnd?.();
    });
  });
}

/** How long it took from then on until everything was answered. */
async function everythingGoes(traffic: Traffic, from: number, withinMs: number): Promise<number> {
  const first = await Promise.all(kinds.map((kind) => traffic.next(kind, isFine, withinMs, from)));
  return Math.max(...first.map(({ startedAt, milliseconds }) => startedAt + milliseconds - from));
}

function isExpected(
  { kind, answer, milliseconds }: Outcome,
  { fails, answersWithinMs }: Expectation,
): boolean {
  if (milliseconds > answersWithinMs) return false;
  if (answer === 'ok' || answer === 'disregarded') return true;
  const told = fails[kind];
  if (!told) return false;
  if (answer === 'ok in the end') return true;
  return told.some((one) => one === answer) && (answer === 'BROKEN_OFF' || isErrorCode(answer));
}

const describeOutcome = ({ kind, answer, milliseconds }: Outcome) =>
  `${kind}: ${answer} (${milliseconds} ms)`;

const describeCell = ({ fails }: Expectation): string => {
  const failing = Object.keys(fails) as Kind[];
  if (failing.length === 0) return 'everything goes on';
  return failing.length === kinds.length ? 'refusals are coded' : `only ${failing.join(', ')} may be refused`;
};

async function expectDegraded({ deployment }: Fleet, degraded: readonly string[]): Promise<void> {
  const expected = degraded.length > 0 ? { status: 'ready', degraded } : { status: 'ready' };
  for (const deadline = Date.now() + 10_000; ; await pause(50)) {
    try {
      return expect(await (await fetch(`${deployment.url}/readyz`)).json()).toEqual(expected);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
