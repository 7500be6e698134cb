import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars';

/** The custom scalars of every subgraph: RFC 3339 times in UTC, and JSON. */
export const scalars = {
  DateTime: new GraphQLScalarType({ ...GraphQLDateTimeISO.toConfig(), name: 'DateTime' }),
  JSON: GraphQLJSON,
};
