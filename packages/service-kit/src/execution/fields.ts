import {
  defaultFieldResolver,
  type FieldNode,
  GraphQLBoolean,
  type GraphQLField,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
  TypeNameMetaFieldDef,
} from 'graphql';
import { isPromise } from '../is-promise.ts';
import { compileArguments } from './arguments.ts';
import { compileComplete } from './complete.ts';
import type { ExecuteFields, ObjectCompiler } from './complete-object.ts';
import { entitiesResolverOf } from './entities.ts';
import { type Execution, type Field, handleError, infoOf, type Path } from './execution.ts';
import { setOwn } from './set-own.ts';

type ExecuteField = (execution: Execution, source: unknown, parent: Path | undefined) => unknown;

/** Compiles the fields of one object type, in the order of the response. */
export function compileFields(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  selected: ReadonlyMap<string, readonly FieldNode[]>,
  objects: ObjectCompiler,
): ExecuteFields {
  const keys = [...selected.keys()];
  const fields = [...selected].map(([key, nodes]) => compileField(schema, type, key, nodes, objects));
  const assign = keys.includes('__proto__')
    ? setOwn
    : (result: Record<string, unknown>, key: string, value: unknown) => {
        result[key] = value;
      };

  const settle = async (result: Record<string, unknown>) => {
    const values = await Promise.all(Object.values(result));
    for (const [i, key] of Object.keys(result).entries()) result[key] = values[i];
    return result;
  };

  return (execution, source, path) => {
    const result: Record<string, unknown> = {};
    let isWaiting = false;
    try {
      for (let i = 0; i < fields.length; i++) {
        const value = (fields[i] as ExecuteField)(execution, source, path);
        assign(result, keys[i] as string, value);
        if (isPromise(value)) isWaiting = true;
      }
    } catch (error) {
      if (!isWaiting) throw error;
      // What the other fields promised may fail as well: it must be waited for.
      return settle(result).finally(() => {
        throw error;
      });
    }
    return isWaiting ? settle(result) : result;
  };
}

function compileField(
  schema: GraphQLSchema,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
  objects: ObjectCompiler,
): ExecuteField {
  const name = nodes[0]?.name.value ?? '';
  if (name === TypeNameMetaFieldDef.name) return () => parent.name;
  const definition = parent.getFields()[name];
  if (!definition) throw new Error(`no field ${parent.name}.${name}`);
  const { type } = definition;
  const field: Field = { key, name, nodes, parent, type };
  const complete = compileComplete(field, type, objects);
  const read = compileRead(schema, field, definition);
  const plain = compilePlainLeaf(definition);

  const execute: ExecuteField = (execution, source, prev) => {
    const path: Path = { prev, key, typename: parent.name };
    try {
      const value = read(execution, source, path);
      const completed = isPromise(value)
        ? value.then((resolved) => complete(execution, resolved, path))
        : complete(execution, value, path);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => handleError(execution, error, nodes, type, path));
    } catch (error) {
      return handleError(execution, error, nodes, type, path);
    }
  };
  if (!plain) return execute;
  return (execution, source, prev) => {
    const value = plain(source);
    return value === undefined ? execute(execution, source, prev) : value;
  };
}

/**
 * For a leaf that is the property of its name: the value when it is what the response shows as it is, undefined when it
 * takes a closer look. Most leaves of most responses are strings.
 */
function compilePlainLeaf(definition: GraphQLField<unknown, unknown>): ((source: unknown) => unknown) | null {
  const { name, resolve } = definition;
  if (resolve && resolve !== defaultFieldResolver) return null;
  const kind = plainKindOf(getNullableType(definition.type));
  if (!kind) return null;
  return (source) => {
    if (typeof source !== 'object' || source === null) return undefined;
    const value = (source as Record<string, unknown>)[name];
    return typeof value === kind ? value : undefined;
  };
}

/** The kind of value that `serialize` of a built-in scalar answers as it is. */
function plainKindOf(type: GraphQLOutputType): 'string' | 'boolean' | undefined {
  if (type === GraphQLString || type === GraphQLID) return 'string';
  return type === GraphQLBoolean ? 'boolean' : undefined;
}

type Read = (execution: Execution, source: unknown, path: Path) => unknown;

/** How the value of a field is had: from its resolver, or from the property of its name. */
function compileRead(schema: GraphQLSchema, field: Field, definition: GraphQLField<unknown, unknown>): Read {
  const { name, parent } = field;
  const argumentsOf = compileArguments(definition, field.nodes[0] as FieldNode);
  const resolve =
    (parent === schema.getQueryType() && entitiesResolverOf(schema, definition)) || definition.resolve;
  if (resolve && resolve !== defaultFieldResolver) {
    return (execution, source, path) =>
      resolve(source, argumentsOf(execution), execution.context, infoOf(execution, field, path));
  }
  return (execution, source, path) => {
    if (source === null || (typeof source !== 'object' && typeof source !== 'function')) return undefined;
    const holder = source as Record<string, unknown>;
    const value = holder[name];
    if (typeof value !== 'function') return value;
    return (holder[name] as (...given: unknown[]) => unknown)(
      argumentsOf(execution),
      execution.context,
      infoOf(execution, field, path),
    );
  };
}
