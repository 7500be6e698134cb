import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, type Schema, Supergraph } from '@apollo/federation-internals';
import { StartupError } from '@gatehouse/service-kit';
import type { GraphQLSchema } from 'graphql';
import { nextTurn } from '../graph/next-turn.ts';
import type { SubgraphConnections } from '../subgraphs/connection.ts';
import { proveEnforcement } from './prove-enforcement.ts';

/** Marked `for: SECURITY`: whoever does not enforce them must refuse to load. The subgraphs do, and it is proved first. */
const enforcedFeatures = [
  'https://specs.apollo.dev/authenticated/v0.1',
  'https://specs.apollo.dev/requiresScopes/v0.1',
];

export type LoadedSupergraph = {
  supergraph: Supergraph;
  /** With everything @inaccessible and all join directives. */
  schema: GraphQLSchema;
  /** What clients see, as graphql-js and as the planner know it. */
  api: GraphQLSchema;
  plannerApi: Schema;
};

/**
 * Loads the composed supergraph, in turns that requests get in between; StartupError when a subgraph does not enforce the
 * authorization it declares.
 */
export async function loadSupergraph(
  sdl: string,
  connections: SubgraphConnections,
): Promise<LoadedSupergraph> {
  await proveEnforcement(sdl, connections);
  try {
    const supergraph = Supergraph.build(sdl, {
      supportedFeatures: new Set([...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, ...enforcedFeatures]),
    });
    await nextTurn();
    const plannerApi = supergraph.apiSchema();
    await nextTurn();
    const schema = supergraph.schema.toGraphQLJSSchema();
    await nextTurn();
    return { supergraph, schema, api: plannerApi.toGraphQLJSSchema(), plannerApi };
  } catch (error) {
    throw new StartupError(`The supergraph can't be loaded: ${(error as Error).message}`);
  }
}
