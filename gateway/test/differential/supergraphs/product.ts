import { readFileSync } from 'node:fs';
import { subgraphNames } from '@gatehouse/service-kit/subgraph';
import type { TestSupergraph } from './supergraph.ts';

const repository = new URL('../../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, repository), 'utf8');

/** The product's own supergraph, as committed, over mocks of its four subgraphs. */
export const product = (): TestSupergraph & { sdl: string } => ({
  name: 'product',
  sdl: read('supergraph.graphql'),
  subgraphs: Object.fromEntries(
    subgraphNames.map((name) => [name, read(`subgraphs/${name}/generated/schema.graphql`)]),
  ),
});
