import { ms, number, row, verdict } from '../cells.ts';
import type { Figure, IdentityResults } from './identity.ts';
import type { OperationName } from './targets.ts';

/** What each must reach, per second; a login is held against the pool that compares its password. */
const least: Partial<Record<OperationName, number>> = {
  refresh: 600,
  'client credentials': 1_500,
  introspection: 2_000,
};
const leastShareOfCeiling = 0.85;
const leastShareInStorm = 0.8;
const mostDelayMs = 20;

const rate = (value: number) => (value < 100 ? value.toFixed(2) : number(value));
const cpu = ({ cpu: own, databaseCpu }: Figure) => `${own.toFixed(2)} + ${databaseCpu.toFixed(2)} ms`;

export function identityTables({ perCore, operations, ceiling, storm }: IdentityResults): string[] {
  const login = operations.find(({ name }) => name === 'login')?.ours.rate ?? 0;
  const share = ceiling > 0 ? login / ceiling : 0;
  const kept = storm.peace > 0 ? storm.storm / storm.peace : 0;
  return [
    '## Identity: the standalone product on PostgreSQL, beside a hand-written minimal issuer',
    '',
    row(
      '',
      'processes',
      'per second',
      'p99',
      'processor time (process + PostgreSQL)',
      'minimal issuer',
      'its processor time',
      'share',
    ),
    row('---', '---:', '---:', '---:', '---:', '---:', '---:', '---:'),
    ...operations.map(({ name, processes, ours, floor }) =>
      row(
        name,
        String(processes),
        rate(ours.rate),
        ms(ours.p99),
        cpu(ours),
        rate(floor.rate),
        cpu(floor),
        floor.rate > 0 ? (ours.rate / floor.rate).toFixed(2) : '—',
      ),
    ),
    '',
    row('what', 'must reach', 'is', ''),
    row('---', '---:', '---:', '---'),
    ...operations.flatMap(({ name, processes, ours }) => {
      const must = processes === perCore ? least[name] : undefined;
      return must
        ? [
            row(
              `${name}, per second, a process for each core`,
              `≥ ${number(must)}`,
              number(ours.rate),
              verdict(ours.rate >= must),
            ),
          ]
        : [];
    }),
    row(
      'logins : passwords compared and nothing else',
      `${leastShareOfCeiling} ×`,
      `${login.toFixed(2)} : ${ceiling.toFixed(2)} = ${share.toFixed(2)} ×`,
      verdict(share >= leastShareOfCeiling),
    ),
    row(
      `\`session\` queries while people sign in (${storm.logins.toFixed(2)} logins per second)`,
      `${leastShareInStorm} ×`,
      `${number(storm.storm)} : ${number(storm.peace)} = ${kept.toFixed(2)} ×`,
      verdict(kept >= leastShareInStorm),
    ),
    row(
      'delay of the event loop meanwhile, p99',
      `≤ ${mostDelayMs} ms`,
      `${ms(storm.delay.p99)} (p50 ${ms(storm.delay.p50)}, most ${ms(storm.delay.max)})`,
      verdict(storm.delay.p99 <= mostDelayMs),
    ),
    '',
  ];
}
