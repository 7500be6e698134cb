import { ms, number, row, verdict } from './cells.ts';
import type { DocumentsResults } from './documents/documents.ts';
import { documentsTable } from './documents/report-documents.ts';
import type { EventsResults } from './events/events.ts';
import { eventsTable } from './events/report-events.ts';
import type { FanOutResults } from './fan-out.ts';
import { type FleetRow, ourFleet } from './fleet.ts';
import { floor, type GatewayResults, type GatewayRow, ours } from './gateways.ts';
import { queries } from './graph.ts';
import type { IdentityResults } from './identity/identity.ts';
import { identityTables } from './identity/report-identity.ts';
import type { Machine } from './machine.ts';
import type { MemoryResults } from './memory.ts';
import type { ProductResults } from './product.ts';
import { fanOutTable, memoryTable, tenantsTable } from './report-lasting.ts';
import type { TenantsResults } from './tenants.ts';
import type { TokenCheck } from './token-check.ts';

type Results = {
  machine: Machine;
  rounds: number;
  seconds: number;
  gateways: GatewayResults | null;
  tokenCheck: TokenCheck | null;
  fleets: FleetRow[] | null;
  product: ProductResults | null;
  identity: IdentityResults | null;
  events: EventsResults | null;
  documents: DocumentsResults | null;
  fanOut: FanOutResults | null;
  tenants: TenantsResults | null;
  memory: MemoryResults | null;
};

/** The run as Markdown. */
export function report(results: Results): string {
  const {
    machine,
    rounds,
    seconds,
    gateways,
    tokenCheck,
    fleets,
    product,
    identity,
    events,
    documents,
    fanOut,
    tenants,
    memory,
  } = results;
  const { date, node, cores, model, memoryGb, loadBefore } = machine;
  return [
    '# The last run',
    '',
    `${date}, Node ${node}, ${cores} cores (${model}), ${memoryGb} GB, load before the run ${loadBefore};`,
    `${rounds} rounds of ${seconds} s for each contestant and query. How to read it: [README.md](README.md).`,
    '',
    ...(gateways ? gatewayTables(gateways) : []),
    ...(tokenCheck ? tokenTable(tokenCheck) : []),
    ...(fleets ? fleetTable(fleets) : []),
    ...(product ? productTable(product) : []),
    ...(identity ? identityTables(identity) : []),
    ...(events ? eventsTable(events) : []),
    ...(documents ? documentsTable(documents) : []),
    ...(fanOut ? fanOutTable(fanOut) : []),
    ...(tenants ? tenantsTable(tenants) : []),
    ...(memory ? memoryTable(memory) : []),
  ].join('\n');
}

function gatewayTables({ rows, latency, distinct }: GatewayResults): string[] {
  const titles = Object.keys(queries);
  const base = rows.find(({ name }) => name === floor);
  const cell = (one: GatewayRow, title: string) => {
    const rate = one.rates[title];
    const bare = base?.rates[title];
    return rate && bare ? `${number(rate)} (${(rate / bare).toFixed(2)})` : number(rate);
  };
  return [
    '## Gateways: requests per second (share of the floor)',
    '',
    row('', ...titles, 'RSS MB'),
    row('---', ...titles.map(() => '---:'), '---:'),
    ...rows.map((one) => row(one.name, ...titles.map((title) => cell(one, title)), number(one.residentMb))),
    '',
    ...rows.flatMap(({ name, problem }) => (problem ? [`- ${name}: ${problem.replaceAll('\n', ' ')}`] : [])),
    '## Gateways: processor time of the gateway for one request, in µs (multiple of ours, in process or remote)',
    '',
    row('', ...titles),
    row('---', ...titles.map(() => '---:')),
    ...rows.map((one) => row(one.name, ...titles.map((title) => costCell(rows, one, title)))),
    '',
    '## What was to be reached',
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    ...targets(rows),
    ...(latency
      ? [
          row(
            `added latency p99, four subgraphs, ${number(latency.rate)} requests/s`,
            '≤ 5 ms',
            `${ms(latency.p99)} − ${ms(latency.floorP99)} = ${ms(latency.addedP99)}`,
            verdict(latency.addedP99 <= 5),
          ),
        ]
      : []),
    ...(distinct
      ? [
          row(
            `RSS over ${number(distinct.operations)} distinct operations`,
            '≤ 250 MB',
            `${distinct.beforeMb} → ${distinct.afterMb} MB`,
            verdict(distinct.afterMb <= 250),
          ),
        ]
      : []),
    '',
  ];
}

function costCell(rows: GatewayRow[], one: GatewayRow, title: string): string {
  const cost = one.costs[title];
  const name = one.name.endsWith('remote') ? ours.remote : ours.local;
  const own = rows.find((candidate) => candidate.name === name)?.costs[title];
  return cost && own ? `${number(cost)} (${(cost / own).toFixed(1)})` : number(cost);
}

function targets(rows: GatewayRow[]): string[] {
  const rate = (name: string, title: string) => rows.find((one) => one.name === name)?.rates[title] ?? 0;
  const best = (part: string, where: string, title: string) =>
    Math.max(
      ...rows
        .filter(({ name }) => name.startsWith(part) && name.endsWith(where))
        .map(({ name }) => rate(name, title)),
    );
  const line = (what: string, own: number, other: number, least: number) => {
    const factor = other > 0 ? own / other : 0;
    return row(
      what,
      `${least} ×`,
      other > 0 ? `${factor.toFixed(2)} ×` : '—',
      other > 0 ? verdict(factor >= least) : 'not measured',
    );
  };
  const one = 'one subgraph';
  const four = 'four subgraphs';
  const memory = Math.max(
    ...rows.filter(({ name }) => name.startsWith('gatehouse')).map(({ residentMb }) => residentMb),
  );
  return [
    line('in process, one subgraph : floor', rate(ours.local, one), rate(floor, one), 0.7),
    line('in process, four subgraphs : floor', rate(ours.local, four), rate(floor, four), 0.4),
    line(
      'in process, four subgraphs : stock Apollo',
      rate(ours.local, four),
      rate('apollo, in process', four),
      15,
    ),
    line(
      'in process, four subgraphs : best Hive',
      rate(ours.local, four),
      best('hive', 'in process', four),
      6,
    ),
    line('remote, four subgraphs : stock Apollo', rate(ours.remote, four), rate('apollo, remote', four), 10),
    line('remote, four subgraphs : best Hive', rate(ours.remote, four), best('hive', 'remote', four), 6),
    line('remote, four subgraphs : Mercurius', rate(ours.remote, four), rate('mercurius, remote', four), 2),
    row('RSS after the load', '≤ 250 MB', `${memory} MB`, verdict(memory > 0 && memory <= 250)),
  ];
}

function tokenTable({ cached, firstTime }: TokenCheck): string[] {
  const us = (value: number) => `${value.toFixed(1)} µs`;
  return [
    '## Token check, processor time',
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    row('known already', '≤ 5 µs', us(cached), verdict(cached <= 5)),
    row('for the first time', '≤ 300 µs', us(firstTime), verdict(firstTime <= 300)),
    '',
  ];
}

function fleetTable(fleets: FleetRow[]): string[] {
  const own = fleets.find(({ name }) => name === ourFleet)?.rate ?? 0;
  const hive = Math.max(...fleets.map(({ name, rate }) => (name.startsWith('hive') ? (rate ?? 0) : 0)));
  return [
    '## The whole fleet: gateway and four subgraph processes, four-subgraph query, requests per second',
    '',
    row('', 'all cores'),
    row('---', '---:'),
    ...fleets.map(({ name, rate, problem }) => row(name, problem ?? number(rate))),
    '',
    `Ours : best Hive = ${hive > 0 ? (own / hive).toFixed(2) : '—'} × (must reach 5 ×).`,
    '',
  ];
}

function productTable({ rate, p99, cost, revocations }: ProductResults): string[] {
  return [
    '## The whole product, standalone, on PostgreSQL',
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    row('`session` query, requests per second', '≥ 10,000', number(rate), verdict(rate >= 10_000)),
    row('`session` query, p99', '< 100 ms', ms(p99), verdict(p99 < 100)),
    row('`session` query, processor time of the process for one request', '', `${number(cost)} µs`, ''),
    ...revocations.map(({ topology, p99: worst, count }) =>
      row(
        `revocation to refusal, p99 of ${count}, ${topology}`,
        '≤ 100 ms',
        ms(worst),
        verdict(worst <= 100),
      ),
    ),
    '',
  ];
}
