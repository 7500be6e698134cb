import type { OperationTypeNode } from 'graphql';
import { described, differenceIn, hasBranches, prepared } from './compare.ts';
import { generateOperation } from './generate-operation.ts';
import { randomOf } from './random.ts';
import { shrink } from './shrink.ts';
import { noFaults, type Scenario, type TestGraph } from './test-graph.ts';

export type Tally = { cases: number; operations: number; unplannable: number; failures: string[] };

const maxFailures = 3;
const variableSets = 3;
const faultSeeds = 4;

/** `DIFFERENTIAL_SEED` takes the generated operations elsewhere, `DIFFERENTIAL_TIMES` makes them more. */
export const environment = {
  seed: process.env.DIFFERENTIAL_SEED ?? 'gatehouse',
  times: Number(process.env.DIFFERENTIAL_TIMES ?? 1),
};

/** Compares generated operations, each under several variables and faults, until there are `cases` of them. */
export async function runGenerated(graph: TestGraph, cases: number): Promise<Tally> {
  const tally: Tally = { cases: 0, operations: 0, unplannable: 0, failures: [] };
  const wanted = cases * environment.times;
  while (tally.cases < wanted && tally.failures.length < maxFailures) {
    const seed = `${environment.seed}/${graph.name}/${tally.operations++}`;
    await runOperation(graph, seed, tally);
  }
  return tally;
}

/** One generated operation in all its cases. */
async function runOperation(graph: TestGraph, seed: string, tally: Tally): Promise<void> {
  const random = randomOf(`kind of ${seed}`);
  const kinds = (['query', 'mutation', 'subscription'] as OperationTypeNode[]).filter((kind) =>
    graph.api.getRootType(kind),
  );
  const kind = random.chance(0.7) ? ('query' as OperationTypeNode) : random.pick(kinds);
  const {
    source,
    name,
    variableSets: sets,
  } = generateOperation(graph.api, { seed, kind, variableSets, aliasesArguments: graph.aliasesArguments });
  let branches: boolean;
  try {
    branches = hasBranches(prepared(graph, { source, name }).plan);
  } catch {
    // The planner refuses it, whoever executes.
    tally.unplannable++;
    return;
  }
  const distinct = sets.filter((set, n) => n === 0 || JSON.stringify(set) !== JSON.stringify(sets[0]));
  for (const [n, variables] of distinct.entries()) {
    for (const { scenario, mounted } of scenariosOf(seed, n, branches)) {
      tally.cases++;
      const difference = await differenceIn(graph, { source, name, variables, scenario, mounted });
      if (!difference) continue;
      tally.failures.push(described(graph, await shrink(graph, difference), seed));
      return;
    }
  }
}

type Setting = { scenario: Scenario; mounted: boolean };

function scenariosOf(seed: string, n: number, branches: boolean): Setting[] {
  const faulty = Array.from({ length: faultSeeds }, (_, k) => `${seed}/${n}/${k}`);
  return [
    { scenario: noFaults, mounted: n === 1 && !branches },
    { scenario: { ...noFaults, resolverFaults: seed }, mounted: n === 0 && !branches },
    ...faulty.map((answerFaults) => ({ scenario: { resolverFaults: null, answerFaults }, mounted: false })),
  ];
}
