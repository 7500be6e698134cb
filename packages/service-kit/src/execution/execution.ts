import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isNonNullType,
  locatedError,
  type OperationDefinitionNode,
  responsePathAsArray,
} from 'graphql';

export type Path = {
  readonly prev: Path | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
};
export type Variables = Record<string, unknown>;
export type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** What stays the same over all executions of a document under the same conditions. */
export type Document = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
};

/** One execution of a document. */
export type Execution = {
  readonly document: Document;
  readonly context: unknown;
  readonly variables: Variables;
  readonly errors: GraphQLError[];
  /** Where errors were, so that none is told of a part of the answer that is gone. Made with the first. */
  positions: Set<Path | undefined> | undefined;
};

/** A field of an object type, as it was selected. */
export type Field = {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
  readonly parent: GraphQLObjectType;
  readonly type: GraphQLOutputType;
};

export const infoOf = (execution: Execution, field: Field, path: Path): GraphQLResolveInfo => ({
  fieldName: field.name,
  fieldNodes: field.nodes,
  returnType: field.type,
  parentType: field.parent,
  path,
  schema: execution.document.schema,
  fragments: execution.document.fragments,
  rootValue: undefined,
  operation: execution.document.operation,
  variableValues: execution.variables,
});

/** The value of what failed: null, or the failure of the parent (GraphQL, "Handling Execution Errors"). */
export function handleError(
  execution: Execution,
  error: unknown,
  nodes: readonly FieldNode[],
  type: GraphQLOutputType,
  path: Path,
): null {
  const located = locatedError(error, nodes, responsePathAsArray(path));
  if (isNonNullType(type)) throw located;
  addError(execution, located, path);
  return null;
}

export function addError(execution: Execution, error: GraphQLError, path: Path | undefined): void {
  execution.positions ??= new Set();
  const { errors, positions } = execution;
  for (let at = path; at !== undefined; at = at.prev) if (positions.has(at)) return;
  if (positions.has(undefined)) return;
  positions.add(path);
  errors.push(error);
}
