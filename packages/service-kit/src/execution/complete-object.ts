import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  isObjectType,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import { isPromise } from '../is-promise.ts';
import type { Complete } from './complete.ts';
import { type Execution, type Field, infoOf, type Path } from './execution.ts';

export type ExecuteFields = (execution: Execution, source: unknown, path: Path | undefined) => unknown;

/** Compiles the fields that are selected on a type below fields of the same response key. */
export type ObjectCompiler = (type: GraphQLObjectType, nodes: readonly FieldNode[]) => ExecuteFields;

export function compileObject(field: Field, type: GraphQLObjectType, objects: ObjectCompiler): Complete {
  const { isTypeOf } = type;
  const executeFields = objects(type, field.nodes);
  if (!isTypeOf) return executeFields;
  const check = (fits: boolean, value: unknown) => {
    if (fits) return;
    throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(value)}.`, {
      nodes: field.nodes,
    });
  };
  return (execution, value, path) => {
    const fits = isTypeOf(value, execution.context, infoOf(execution, field, path));
    if (isPromise(fits)) {
      return fits.then((known) => {
        check(known as boolean, value);
        return executeFields(execution, value, path);
      });
    }
    check(fits as boolean, value);
    return executeFields(execution, value, path);
  };
}

export function compileAbstract(field: Field, type: GraphQLAbstractType, objects: ObjectCompiler): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const compiled = new Map<string, Complete>();

  const completeAs = (name: unknown, execution: Execution, value: unknown, path: Path): unknown => {
    const known = compiled.get(name as string);
    if (known) return known(execution, value, path);
    const runtimeType = checkedType(name, field, type, execution, value);
    const fresh = compileObject(field, runtimeType, objects);
    compiled.set(runtimeType.name, fresh);
    return fresh(execution, value, path);
  };

  return (execution, value, path) => {
    const name = resolveType(value, execution.context, infoOf(execution, field, path), type);
    if (!isPromise(name)) return completeAs(name, execution, value, path);
    return name.then((resolved) => completeAs(resolved, execution, value, path));
  };
}

/** The object type that an abstract type was resolved to. Its errors are word for word those of graphql-js. */
function checkedType(
  name: unknown,
  { parent, name: fieldName, nodes }: Field,
  type: GraphQLAbstractType,
  { document: { schema } }: Execution,
  value: unknown,
): GraphQLObjectType {
  const at = `must resolve to an Object type at runtime for field "${parent.name}.${fieldName}"`;
  if (name === null || name === undefined) {
    throw new GraphQLError(
      `Abstract type "${type.name}" ${at}. Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
      { nodes },
    );
  }
  if (isObjectType(name)) {
    throw new GraphQLError(
      'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
    );
  }
  if (typeof name !== 'string') {
    throw new GraphQLError(
      `Abstract type "${type.name}" ${at} with value ${inspect(value)}, received "${inspect(name)}".`,
    );
  }
  const runtimeType = schema.getType(name);
  if (!runtimeType) {
    throw new GraphQLError(
      `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
      { nodes },
    );
  }
  if (!isObjectType(runtimeType)) {
    throw new GraphQLError(`Abstract type "${type.name}" was resolved to a non-object type "${name}".`, {
      nodes,
    });
  }
  if (!schema.isSubType(type, runtimeType)) {
    throw new GraphQLError(`Runtime Object type "${name}" is not a possible type for "${type.name}".`, {
      nodes,
    });
  }
  return runtimeType;
}
