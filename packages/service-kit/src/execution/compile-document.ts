import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { isPromise } from '../is-promise.ts';
import type { ExecuteFields, ObjectCompiler } from './complete-object.ts';
import { addError, type Document, type Execution, type Variables } from './execution.ts';
import { compileFields } from './fields.ts';

export type CompiledDocument = (given: {
  variables: Variables;
  context: unknown;
}) => ExecutionResult | Promise<ExecutionResult>;

/** As many combinations of the booleans of `@skip` and `@include` as are kept compiled. */
const maxVariants = 16;

/**
 * Compiles a validated document of one operation for its schema: what graphql-js finds out on each execution (fields,
 * types, resolvers, arguments) is found out once. Its answers are those of graphql-js; changes are left to it, as is a condition that
 * is no boolean.
 */
export function compileDocument(schema: GraphQLSchema, node: DocumentNode): CompiledDocument {
  const operations = node.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const [operation, ...others] = operations;
  const rootType = schema.getQueryType();
  const interpret: CompiledDocument = ({ variables, context }) =>
    execute({ schema, document: node, variableValues: variables, contextValue: context });
  if (!operation || others.length > 0 || operation.operation !== 'query' || !rootType) return interpret;

  const document: Document = { schema, operation, fragments: fragmentsOf(node) };
  const coerce = compileVariables(schema, operation);
  const conditions = conditionVariables(node);
  const variants = new Map<string, ExecuteFields>();

  const rootFieldsFor = (variables: Variables): ExecuteFields | null => {
    let key = '';
    for (const name of conditions) {
      if (typeof variables[name] !== 'boolean') return null;
      key += variables[name] ? '1' : '0';
    }
    const known = variants.get(key);
    if (known) return known;
    const fresh = compileRoot(document, rootType, variables);
    if (variants.size >= maxVariants) variants.clear();
    variants.set(key, fresh);
    return fresh;
  };

  return (given) => {
    const variables = coerce(given.variables);
    if (Array.isArray(variables)) return { errors: variables };
    const executeFields = rootFieldsFor(variables);
    if (!executeFields) return interpret(given);
    const execution: Execution = {
      document,
      context: given.context,
      variables,
      errors: [],
      positions: undefined,
    };
    const failed = (error: unknown) => {
      addError(execution, error as GraphQLError, undefined);
      return responseOf(execution, null);
    };
    try {
      const data = executeFields(execution, undefined, undefined);
      if (!isPromise(data)) return responseOf(execution, data);
      return data.then((resolved) => responseOf(execution, resolved), failed);
    } catch (error) {
      return failed(error);
    }
  };
}

const responseOf = ({ errors }: Execution, data: unknown): ExecutionResult =>
  (errors.length === 0 ? { data } : { errors, data }) as ExecutionResult;

function compileRoot(document: Document, rootType: GraphQLObjectType, variables: Variables): ExecuteFields {
  const { schema, operation, fragments } = document;
  // Lazily below the first level: most types that a fragment could meet never come.
  const objects: ObjectCompiler = (type, nodes) => {
    let compiled: ExecuteFields | undefined;
    return (execution, source, path) => {
      compiled ??= compileFields(
        schema,
        type,
        collectSubfields(schema, fragments, variables, type, nodes as FieldNode[]),
        objects,
      );
      return compiled(execution, source, path);
    };
  };
  const selected = collectFields(schema, fragments, variables, rootType, operation.selectionSet);
  return compileFields(schema, rootType, selected, objects);
}

function fragmentsOf(node: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const one of node.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments[one.name.value] = one;
  }
  return fragments;
}

/** Coerced variables, or the errors of those that do not fit. */
function compileVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (given: Variables) => Variables | GraphQLError[] {
  if (variableDefinitions.length === 0) return () => ({});
  const [only, ...others] = variableDefinitions;
  const isEntities = others.length === 0 && only?.variable.name.value === 'representations';
  const interpret = (given: Variables) => {
    const { errors, coerced } = getVariableValues(schema, variableDefinitions, given, { maxErrors: 50 });
    return errors ? [...errors] : coerced;
  };
  if (!isEntities || !takesAnything(schema)) return interpret;
  return (given) =>
    Array.isArray(given.representations) &&
    given.representations.every((one) => typeof one === 'object' && one)
      ? { representations: given.representations }
      : interpret(given);
}

/** Whether `_Any` lets values through as they are. */
function takesAnything(schema: GraphQLSchema): boolean {
  const type = schema.getType('_Any');
  const probe = {};
  return !!type && 'parseValue' in type && type.parseValue(probe) === probe;
}

function conditionVariables(node: DocumentNode): string[] {
  const names = new Set<string>();
  visit(node, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
