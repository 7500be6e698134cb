import type { Operation } from '@apollo/federation-internals';
import { type Conditions, conditionVariables } from './collect-fields.ts';
import type { Data } from './run.ts';
import { isInteger, quote } from './shape-leaf.ts';
import { type ShapeKind, writeShape } from './shape-source.ts';

/** Thrown by a generated function when the data is not simply as the operation expects. */
const bail: unique symbol = Symbol('bail');

export type Shape = {
  /** The response, as objects; undefined when the long way has to be taken. */
  object(data: Data, variables: Data): Data | undefined;
  json(data: Data, variables: Data): string | undefined;
};

type Shaper<T> = (data: Data) => T;

/** Each combination of the booleans of `@skip` and `@include` has functions of its own. */
const maxVariants = 16;

/**
 * Compiles the response shape of an operation; each variant when it is first needed. The parsed operation is large, so it is
 * read again then instead of being kept.
 */
export function compileShape(operation: Operation, readAgain: () => Operation): Shape {
  const names = conditionVariables(operation.schema(), operation.selectionSet);
  const defaults: Data = operation.collectDefaultedVariableValues();
  const variants = {
    object: new Map<string, Shaper<never> | null>(),
    json: new Map<string, Shaper<never> | null>(),
  };

  const generate = (kind: ShapeKind, conditions: Conditions): Shaper<never> | null => {
    try {
      const read = readAgain();
      const schema = read.schema();
      const type = schema.schemaDefinition.rootType(read.rootKind);
      if (!type) return null;
      const root = { type, selections: read.selectionSet };
      const { text, entry, constants } = writeShape(schema, root, { kind, conditions });
      const factory = new Function(
        'bail',
        'own',
        'quote',
        'json',
        'isInteger',
        'c',
        `'use strict';\n${text}return ${entry};`,
      );
      return factory(bail, own, quote, json, isInteger, constants) as Shaper<never>;
    } catch {
      return null;
    }
  };

  const shaperOf = (kind: ShapeKind, variables: Data): Shaper<never> | null => {
    const conditions = new Map<string, boolean>();
    let key = '';
    for (const name of names) {
      const value = Object.hasOwn(variables, name) ? variables[name] : defaults[name];
      if (typeof value !== 'boolean') return null;
      conditions.set(name, value);
      key += value ? '1' : '0';
    }
    const known = variants[kind].get(key);
    if (known !== undefined) return known;
    const shaper = generate(kind, conditions);
    for (const [oldest] of variants[kind])
      if (variants[kind].size >= maxVariants) variants[kind].delete(oldest);
    variants[kind].set(key, shaper);
    return shaper;
  };

  const shaped = <T>(kind: ShapeKind, data: Data, variables: Data): T | undefined => {
    const shaper = shaperOf(kind, variables);
    if (!shaper) return undefined;
    try {
      return shaper(data);
    } catch (error) {
      if (error === bail) return undefined;
      throw error;
    }
  };

  return {
    object: (data, variables) => shaped<Data>('object', data, variables),
    json: (data, variables) => shaped<string>('json', data, variables),
  };
}

const own = (object: Data, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/** The value of a custom scalar, which may be anything. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) throw bail;
  return text;
}
