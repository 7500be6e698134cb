import { type GraphQLField, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql';
import { isPromise } from '../is-promise.ts';
import type { Resolver } from './execution.ts';

type Reference = Record<string, unknown>;
type ResolveReference = (reference: Reference, context: unknown, info: GraphQLResolveInfo) => unknown;
type ApolloExtensions = { apollo?: { subgraph?: { resolveReference?: ResolveReference } } };

/** The resolver that `buildSubgraphSchema` gives to `_entities`, by its text. */
const knownText =
  '(_source, { representations }, context, info) => (0, types_1.entitiesResolver)({ representations, context, info })';

/**
 * The same as the resolver of `@apollo/subgraph`, but without a promise for each entity whose reference is resolved at
 * once. Interfaces and types unknown are left to it. Undefined for a resolver of somebody else.
 */
export function entitiesResolverOf(
  schema: GraphQLSchema,
  { name, resolve }: GraphQLField<unknown, unknown>,
): Resolver | undefined {
  if (name !== '_entities' || !resolve || String(resolve) !== knownText) return undefined;
  return (source, { representations }, context, info) =>
    (representations as Reference[]).map((reference) => {
      const type = schema.getType(reference.__typename as string);
      if (!isObjectType(type)) {
        return (resolve(source, { representations: [reference] }, context, info) as unknown[])[0];
      }
      const { resolveReference } = (type.extensions as ApolloExtensions).apollo?.subgraph ?? {};
      const result = resolveReference ? resolveReference(reference, context, info) : reference;
      if (isPromise(result)) return result.then((value) => typed(value, type.name));
      try {
        return typed(result, type.name);
      } catch (error) {
        // An error of this entity, not of all of them.
        return Promise.reject(error);
      }
    });
}

/** The entity, with its type for the union that `_entities` answers. */
function typed(entity: unknown, typeName: string): unknown {
  if (entity === null || typeof entity !== 'object') return entity;
  if ('__typename' in entity) {
    return entity.__typename === typeName ? entity : { ...entity, __typename: typeName };
  }
  return Object.defineProperty(entity, '__typename', { value: typeName });
}
