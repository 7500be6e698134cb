import { ms, number, row, verdict } from '../cells.ts';
import type { BusResults, EventsResults } from './events.ts';

const mostMs = 50;

export function eventsTable({ buses }: EventsResults): string[] {
  return [
    '## Events, from the outbox to their handler',
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    ...buses.flatMap(rows),
    '',
    ...buses.flatMap(({ bus, problem }) =>
      problem ? [`- ${bus}: ${problem.replaceAll('\n', ' ')}`, ''] : [],
    ),
  ];
}

function rows({ bus, steady, drain }: BusResults): string[] {
  const lines: string[] = [];
  if (steady) {
    const { rate, events, p50, p99 } = steady;
    lines.push(row(`${bus}: p50 at ${rate} a second, ${number(events)} events`, '', ms(p50), ''));
    lines.push(row(`${bus}: p99`, `< ${mostMs} ms`, ms(p99), verdict(p99 < mostMs)));
  }
  if (drain) {
    const { events, milliseconds, outageMinutes, cpu, databaseCpu, perCore } = drain;
    const backlog =
      outageMinutes === null ? 'a backlog' : `${outageMinutes} min without anybody to take them`;
    lines.push(
      row(
        `${bus}: drain of ${backlog}, ${number(events)} events, per second`,
        '',
        number((events * 1_000) / milliseconds),
        '',
      ),
      row(
        `${bus}: processor time for one (process + PostgreSQL)`,
        '',
        `${cpu.toFixed(2)} + ${databaseCpu.toFixed(2)} ms`,
        '',
      ),
      row(`${bus}: events per second and core`, '', number(perCore), ''),
    );
  }
  return lines;
}
