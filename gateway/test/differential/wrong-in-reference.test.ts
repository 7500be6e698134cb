import './corrected-reference.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerOf, prepared } from './compare.ts';
import { compiled } from './executors.ts';
import { catalog, shipping } from './supergraphs/index.ts';
import { createTestGraph, noFaults, type Scenario, type TestGraph } from './test-graph.ts';

/** What `@apollo/gateway` 2.14.4 gets wrong, and we must not. */

const graphs = new Map<string, TestGraph>();
beforeAll(async () => {
  for (const source of [catalog, shipping]) {
    graphs.set(source.name, await createTestGraph(source, compiled));
  }
});

const ask = async (name: string, source: string, scenario: Scenario = noFaults) => {
  const graph = graphs.get(name) as TestGraph;
  const one = { source, variables: {}, scenario };
  return await answerOf(graph, graph.mocked.compiled, one, prepared(graph, one));
};

type Bins = { bins: { size: number | null; fits: boolean | null }[][] };

describe('one field with an argument of the client and another of @requires', () => {
  const sizes = ({ bins }: Bins) => bins.flat().map(({ size }) => size);
  const fits = (data: unknown) => (data as Bins).bins.flat().map((one) => one.fits);

  it.each(['size(unit: INCH)', 'size', 'size(unit: null)'])(
    '%s is answered as asked, or refused with a code: never with the other value',
    async (field) => {
      const truth = await ask('shipping', `{ bins { aside: ${field} fits } }`);
      const expected = (truth.data as { bins: { aside: number | null }[][] }).bins.flat();
      let answer: Awaited<ReturnType<typeof ask>>;
      try {
        answer = await ask('shipping', `{ bins { ${field} fits } }`);
      } catch (error) {
        const refusal = error as { extensions?: { code?: string }; code?: string };
        expect(refusal.code ?? refusal.extensions?.code).toBeTruthy();
        return;
      }
      if (answer.errors.length > 0) {
        expect(answer.errors).toMatchObject([{ extensions: { code: expect.any(String) } }]);
        return;
      }
      expect(sizes(answer.data as Bins)).toEqual(expected.map(({ aside }) => aside));
      expect(fits(answer.data)).toEqual(fits(truth.data));
    },
  );

  it('is no conflict when both ask for the same', async () => {
    const { data, errors } = await ask('shipping', '{ bins { size(unit: CM) fits } }');
    expect(errors).toEqual([]);
    expect(data).not.toBeNull();
  });
});

describe('an error of an entity behind one that was not asked for', () => {
  it('is told at that entity, not at its neighbour', async () => {
    // Of a list with other types in it, the error of the n-th representation is not that of the n-th element.
    const search = '{ parcels { __typename code ... on Letter { isPaid } } }';
    for (let seed = 0; seed < 60; seed++) {
      const { data, errors } = await ask('shipping', search, {
        resolverFaults: null,
        answerFaults: `neighbours ${seed}`,
      });
      const { parcels } = (data ?? {}) as { parcels?: ({ __typename: string } | null)[] | null };
      for (const { path = [] } of errors as { path?: (string | number)[] }[]) {
        const index = path[1];
        if (typeof index !== 'number' || path.length < 3) continue;
        expect(parcels?.[index]?.__typename ?? 'Letter').toBe('Letter');
      }
    }
  });
});
