import {
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLOutputType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import { isPromise } from '../is-promise.ts';
import { compileAbstract, compileObject, type ObjectCompiler } from './complete-object.ts';
import { type Execution, type Field, handleError, type Path } from './execution.ts';

/** Turns what a resolver answered into what the response shows (GraphQL, "Value Completion"). Throws field errors. */
export type Complete = (execution: Execution, value: unknown, path: Path) => unknown;

export function compileComplete(field: Field, type: GraphQLOutputType, objects: ObjectCompiler): Complete {
  if (isNonNullType(type)) {
    const inner = type.ofType;
    return isLeafType(inner)
      ? requiredLeaf(field, inner)
      : required(field, compileComplete(field, inner, objects));
  }
  const complete = isListType(type)
    ? compileList(field, type, objects)
    : isLeafType(type)
      ? compileLeaf(type)
      : isObjectType(type)
        ? compileObject(field, type, objects)
        : compileAbstract(field, type as GraphQLAbstractType, objects);
  return (execution, value, path) => {
    if (value instanceof Error) throw value;
    return value === null || value === undefined ? null : complete(execution, value, path);
  };
}

const noNull = (field: Field) =>
  new Error(`Cannot return null for non-nullable field ${field.parent.name}.${field.name}.`);

function requiredLeaf(field: Field, type: GraphQLLeafType): Complete {
  const complete = compileLeaf(type);
  return (execution, value, path) => {
    if (value instanceof Error) throw value;
    if (value === null || value === undefined) throw noNull(field);
    return complete(execution, value, path);
  };
}

function required(field: Field, complete: Complete): Complete {
  // A promise needs no look: it is of a list or an object, never of null.
  return (execution, value, path) => {
    const completed = complete(execution, value, path);
    if (completed === null) throw noNull(field);
    return completed;
  };
}

function compileLeaf(type: GraphQLLeafType): Complete {
  return (_, value) => {
    const serialized = type.serialize(value);
    if (serialized !== null && serialized !== undefined) return serialized;
    throw new Error(
      `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
    );
  };
}

function compileList(field: Field, type: GraphQLList<GraphQLOutputType>, objects: ObjectCompiler): Complete {
  const itemType = type.ofType;
  const completeItem = compileComplete(field, itemType, objects);
  const { nodes } = field;

  const item = (execution: Execution, value: unknown, path: Path): unknown => {
    try {
      const completed = isPromise(value)
        ? value.then((resolved) => completeItem(execution, resolved, path))
        : completeItem(execution, value, path);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => handleError(execution, error, nodes, itemType, path));
    } catch (error) {
      return handleError(execution, error, nodes, itemType, path);
    }
  };

  return (execution, value, path) => {
    const list = Array.isArray(value) ? value : iterated(value, field);
    const completed: unknown[] = [];
    let isWaiting = false;
    for (let index = 0; index < list.length; index++) {
      const one = item(execution, list[index], { prev: path, key: index, typename: undefined });
      if (isPromise(one)) isWaiting = true;
      completed.push(one);
    }
    return isWaiting ? Promise.all(completed) : completed;
  };
}

function iterated(value: unknown, field: Field): unknown[] {
  const isIterable = typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function';
  if (typeof value === 'object' && isIterable) return Array.from(value as Iterable<unknown>);
  throw new GraphQLError(
    `Expected Iterable, but did not find one for field "${field.parent.name}.${field.name}".`,
  );
}
