import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';

/** What clients may see of the committed supergraph. */
export function publicSchema(): GraphQLSchema {
  const text = readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8');
  return Supergraph.build(text, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
}

export type RootType = 'Query' | 'Mutation' | 'Subscription';

/** Every field a client can start an operation with: `Query.me`. */
export function rootFields(schema: GraphQLSchema) {
  return (['Subscription', 'Query', 'Mutation'] as const).flatMap((root) => {
    const type = schema.getType(root);
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).map((field) => ({
      root,
      field,
      coordinate: `${root}.${field.name}`,
      below: '',
    }));
  });
}

/** Every field with arguments that is reached through `me`: `me { documents(filter: …) }`. */
export function fieldsOfMe(schema: GraphQLSchema) {
  const type = schema.getType('User');
  if (!isObjectType(type)) return [];
  const others = answerTypes(schema).filter((other) => other !== type);
  const unreached = others.filter((other) =>
    Object.values(other.getFields()).some(({ args }) => args.length > 0),
  );
  if (unreached.length > 0) throw new Error(`arguments that nothing tries: ${unreached.join(', ')}`);
  return Object.values(type.getFields()).map((field) => ({
    root: 'Query' as const,
    field,
    coordinate: `User.${field.name}`,
    below: 'me',
  }));
}

/** The object types of answers, without the roots and the introspection ones. */
export function answerTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType =>
      isObjectType(type) && !type.name.startsWith('__') && !roots.includes(type),
  );
}
