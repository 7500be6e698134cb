import { beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../src/executor/executor.ts';
import type { Result } from '../../src/operation/exchange.ts';
import { differenceIn } from './compare.ts';
import { generateOperation } from './generate-operation.ts';
import { runGenerated } from './run-generated.ts';
import { shrink } from './shrink.ts';
import { catalog } from './supergraphs/index.ts';
import { createTestGraph, noFaults, type TestGraph } from './test-graph.ts';

type Data = Record<string, unknown>;

/** An executor that does one thing wrong. */
const breaking = (wrong: (result: Result) => Result) =>
  createTestGraph(
    catalog,
    ({ fallback }): Executor => ({
      execute: async (exchange) => wrong(await fallback.execute(exchange)),
      executeEvent: async (exchange, event) => wrong(await fallback.executeEvent(exchange, event)),
    }),
  );

const mapped = (value: unknown, change: (holder: Data, key: string) => void): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    mapped((value as Data)[key], change);
    change(value as Data, key);
  }
};

const faults: Record<string, (result: Result) => Result> = {
  'loses the path of an error': (result) => ({
    ...result,
    ...(result.errors && { errors: result.errors.map(({ path: _, ...error }) => error) }),
  }),
  'leaves one error out': (result) => ({
    ...result,
    ...(result.errors && { errors: result.errors.slice(1) }),
  }),
  'forgets the extensions': ({ extensions: _, ...result }) => result,
  'answers null for an empty string': (result) => {
    mapped(result.data, (holder, key) => {
      if (holder[key] === '') holder[key] = null;
    });
    return result;
  },
  'turns lists round': (result) => {
    mapped(result.data, (holder, key) => {
      const value = holder[key];
      if (Array.isArray(value)) holder[key] = value.toReversed();
    });
    return result;
  },
  'answers fields in another order': (result) => {
    const data = result.data && Object.fromEntries(Object.entries(result.data).reverse());
    return { ...result, data };
  },
  'answers {} where the plan is empty': (result) => (result.data === null ? { ...result, data: {} } : result),
};

describe('the comparison', () => {
  it.each(Object.keys(faults))('finds an executor that %s', async (name) => {
    const graph = await breaking(faults[name] as (result: Result) => Result);
    const { failures } = await runGenerated(graph, 2_000);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('finds nothing between the stock executor and itself', async () => {
    const graph = await createTestGraph(catalog, ({ fallback }) => fallback);
    expect((await runGenerated(graph, 300)).failures).toEqual([]);
  });
});

describe('a difference', () => {
  let graph: TestGraph;
  beforeAll(async () => {
    graph = await breaking((result) => {
      const { list } = (result.data ?? {}) as { list?: { weight?: number }[] };
      for (const one of list ?? []) if (one.weight !== undefined) one.weight = -5;
      return result;
    });
  });

  it('is told by the smallest operation that still shows it', async () => {
    const source = `query ($a: Boolean!) { list: products(first: 2) { id name ...F price tags } authors { id } }
      fragment F on Product { weight brand { id name @include(if: $a) } }`;
    const found = await differenceIn(graph, { source, variables: { a: true }, scenario: noFaults });
    if (!found) throw new Error('no difference was found');
    const { source: smallest } = (await shrink(graph, found)).case;
    expect(smallest.replace(/\s+/g, ' ')).toBe(
      '{ list: products(first: 2) { ...F } } fragment F on Product { weight }',
    );
  });
});

describe('the generator', () => {
  it('writes the same operation for the same seed, and another for another', async () => {
    const { api } = await createTestGraph(catalog, ({ fallback }) => fallback);
    const make = (seed: string) => generateOperation(api, { seed, kind: 'query' as never, variableSets: 3 });
    expect(make('one')).toEqual(make('one'));
    expect(make('one')).not.toEqual(make('two'));
  });
});
