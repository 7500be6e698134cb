import type { GraphQLFormattedError } from 'graphql';
import type { FetchNode, ResponsePath } from './run.ts';

/** Where in the response an error of a fetch shows. `rank` orders the places of errors that show at several. */
export type ErrorPlace = { path: ResponsePath | undefined; rank: number };

/**
 * Errors that a subgraph answered, as errors of the response: their paths in the data instead of in the fetch. They keep
 * their codes; one without a code gets that of the hop.
 */
export function ofSubgraph(
  errors: readonly GraphQLFormattedError[],
  { serviceName }: FetchNode,
  placesOf: (path: GraphQLFormattedError['path']) => readonly ErrorPlace[],
): GraphQLFormattedError[] {
  const placed = errors.map((error) => {
    const { message, extensions, path } = error;
    const code = extensions?.code || 'DOWNSTREAM_SERVICE_ERROR';
    return placesOf(path).map((place) => ({
      rank: place.rank,
      error: {
        message: message || `Error while fetching subquery from service "${serviceName}"`,
        path: place.path,
        extensions: { ...extensions, serviceName, code },
      },
    }));
  });
  const isShared = placed.some((one) => one.length > 1);
  const all = placed.flat();
  // As if each entity had been asked for on its own.
  if (isShared) all.sort((a, b) => a.rank - b.rank);
  return all.map(({ error }) => error);
}
