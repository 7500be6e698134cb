import { describe, expect, it } from 'vitest';
import { createCompiledExecutor } from '../src/engine/compiled-executor.ts';
import { prepared } from './differential/compare.ts';
import { createTestGraph } from './differential/test-graph.ts';

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external"])`;
const graph = await createTestGraph(
  {
    name: 'prices',
    subgraphs: {
      goods: `${head} type Query { item: Item items: [Thing] } interface Thing { id: ID! }
        type Item implements Thing @key(fields: "id") { id: ID! name: String price(currency: String!): Int }`,
      offers: `${head} type Item @key(fields: "id") {
        id: ID! price(currency: String!): Int @external
        eur: Int @requires(fields: "price(currency: \\"EUR\\")")
        euroText: String @requires(fields: "price(currency: \\"EUR\\")")
        usd: Int @requires(fields: "price(currency: \\"USD\\")")
      }`,
    },
  } as never,
  createCompiledExecutor,
);

/** The planner of Apollo would answer these with the price in one currency for both. */
const refused = [
  '{ item { eur usd } }',
  '{ item { eur price(currency: "GBP") } }',
  '{ items { ... on Item { usd } ... on Thing { ... on Item { eur } } } }',
  'query ($currency: String!) { item { price(currency: $currency) eur } }',
];
const answered = [
  '{ item { eur euroText } }',
  '{ item { eur price(currency: "EUR") } }',
  '{ item { eur other: price(currency: "GBP") } }',
  '{ a: item { eur } b: item { usd } }',
];

describe('one field that is required with different arguments', () => {
  it.each(refused)('%s is refused', (source) => {
    expect(() => prepared(graph, { source })).toThrow(
      expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }) as never,
    );
  });

  it.each(answered)('%s is planned', (source) => {
    expect(prepared(graph, { source }).plan.node).toBeDefined();
  });
});
