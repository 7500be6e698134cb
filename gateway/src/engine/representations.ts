import { setOwn } from '@gatehouse/service-kit/subgraph';
import type { GraphQLSchema } from 'graphql';
import { merge } from './merge.ts';
import type { Data, FetchNode } from './run.ts';
import { typeTest } from './types.ts';

type Selections = NonNullable<FetchNode['requires']>;

/** The representation of an entity; null when the entity lacks what it is made of. */
export type Represent = (entity: unknown) => Data | null;

/** Compiles what a fetch requires of an entity. What comes out without `__typename` is no representation. */
export function compileRepresentation(schema: GraphQLSchema, selections: Selections): Represent {
  const [only, ...others] = selections;
  if (only?.kind !== 'InlineFragment' || others.length > 0 || !only.typeCondition) {
    return compileSelections(schema, selections);
  }
  // The common case, without an empty object to merge into: `... on User { __typename id }`.
  const fits = typeTest(schema, only.typeCondition, false);
  const inner = compileSelections(schema, only.selections);
  return (entity) => (entity && fits(entity) ? inner(entity) : null);
}

function compileSelections(schema: GraphQLSchema, selections: Selections): Represent {
  const parts = selections.map((selection) => compilePart(schema, selection));
  return (entity) => {
    if (entity === null) return null;
    const representation: Data = {};
    for (const part of parts) if (!part(entity as Data, representation)) return null;
    return representation;
  };
}

/** Adds to the representation; false when the entity lacks the field. */
type Part = (entity: Data, representation: Data) => boolean;

function compilePart(schema: GraphQLSchema, selection: Selections[number]): Part {
  if (selection.kind === 'InlineFragment') {
    const { typeCondition } = selection;
    if (!typeCondition) return () => true;
    const fits = typeTest(schema, typeCondition, false);
    const inner = compileSelections(schema, selection.selections);
    return (entity, representation) => {
      if (entity && fits(entity)) merge(representation, inner(entity));
      return true;
    };
  }
  const name = selection.alias ?? selection.name;
  const inner = selection.selections && compileSelections(schema, selection.selections);
  const isInherited = name in Object.prototype;
  return (entity, representation) => {
    if (!Object.hasOwn(entity, name) || entity[name] === undefined) return false;
    const value = entity[name];
    const shown = inner ? (Array.isArray(value) ? value.map(inner) : inner(value)) : value;
    if (isInherited) setOwn(representation, name, shown);
    else representation[name] = shown;
    return true;
  };
}

/** A text that is the same for equal representations only. */
export function keyOf(representation: Data): string {
  let key = '';
  for (const name in representation) {
    const value = representation[name];
    if (typeof value !== 'string') return JSON.stringify(representation);
    key += `${name}:${value.length}:${value},`;
  }
  return key;
}
