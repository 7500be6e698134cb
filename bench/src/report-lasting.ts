import { ms, number, row, verdict } from './cells.ts';
import type { FanOutResults, FanOutRow } from './fan-out.ts';
import type { MemoryResults } from './memory.ts';
import type { TenantsResults } from './tenants.ts';

/** What lasts: streams, and a process that works for a long time. */
export function fanOutTable({ clients, rows }: FanOutResults): string[] {
  const own = (one: FanOutRow) =>
    rows.find(({ name }) => name === (one.name.endsWith('remote') ? 'gatehouse, remote' : rows[0]?.name));
  const cells = (one: FanOutRow) => [
    number(one.rate),
    ms(one.p50),
    ms(one.p99),
    `${one.cost.toFixed(1)} (${(one.cost / (own(one)?.cost || one.cost)).toFixed(1)})`,
    number(one.residentMb),
  ];
  const titles = ['events delivered per second', 'p50', 'p99', 'processor time each, in µs', 'RSS MB'];
  return [
    `## Subscriptions: one event to ${number(clients)} clients (multiple of ours, in process or remote)`,
    '',
    row('', ...titles),
    row('---', ...titles.map(() => '---:')),
    ...rows.map((one) =>
      one.problem ? row(one.name, ...titles.map(() => '—')) : row(one.name, ...cells(one)),
    ),
    '',
    ...problems(rows),
  ];
}

function problems(rows: FanOutRow[]): string[] {
  const lines = rows.flatMap(({ name, problem }) =>
    problem ? [`- ${name}: ${problem.replaceAll('\n', ' ')}`] : [],
  );
  return lines.length > 0 ? [...lines, ''] : [];
}

const flatSlope = 1;

export function memoryTable(memory: MemoryResults): string[] {
  const { minutes, requests, distinct, startMb, everyMinuteMb, endMb, slope } = memory;
  const most = Math.max(endMb, ...everyMinuteMb);
  const threeBefore = everyMinuteMb.at(-4);
  return [
    `## Memory over ${minutes} min: ${number(requests)} requests, ${number(distinct)} distinct operations among them`,
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    row('RSS at the start', '', `${startMb} MB`, ''),
    ...everyMinuteMb.map((mb, n) => row(`RSS after ${n + 1} min`, '', `${mb} MB`, '')),
    row('RSS at the end', '', `${endMb} MB`, ''),
    row('RSS, the most of these', '≤ 250 MB', `${most} MB`, verdict(most <= 250)),
    row(
      'growth after the first two minutes',
      `≤ ${flatSlope} MB a minute`,
      slope === null ? '—' : `${slope.toFixed(2)} MB a minute`,
      slope === null ? 'too short a run' : verdict(slope <= flatSlope),
    ),
    ...(threeBefore === undefined
      ? []
      : [row('growth over the last three minutes', '', `${endMb - threeBefore} MB`, '')]),
    '',
  ];
}

const idleTenantKb = 100;

export function tenantsTable(given: TenantsResults): string[] {
  const { tenants, idleKb, beforeMb, afterMb, startAloneMs, startMs, firstDiscoveryMs } = given;
  const ms = (value: number) => `${Math.round(value)} ms`;
  return [
    `## ${number(tenants)} tenants in one process, each asked for discovery and a token once`,
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    row(
      'heap for each idle tenant',
      `≤ ${idleTenantKb} KB`,
      `${idleKb.toFixed(1)} KB`,
      verdict(idleKb <= idleTenantKb),
    ),
    row('RSS before they are asked', '', `${Math.round(beforeMb)} MB`, ''),
    row('RSS after', '', `${Math.round(afterMb)} MB`, ''),
    row('start with the default tenant alone', '', ms(startAloneMs), ''),
    row('start with all of them', 'the same', ms(startMs), verdict(startMs <= startAloneMs * 1.15 + 200)),
    row('first discovery of a tenant, median', '', ms(firstDiscoveryMs), ''),
    '',
  ];
}
