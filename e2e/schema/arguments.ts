import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** Values for arguments, by coordinate (`LoginInput.password`, `Query.user.id`) or, failing that, by bare name. */
export type Examples = Record<string, unknown>;

type Place = { name: string; type: GraphQLInputType; coordinate: string };

/**
 * Variables for a field: every argument that has an example, and every required one, for which one must exist: a new
 * argument can't slip through untested.
 */
export function variablesFor(
  field: GraphQLField<unknown, unknown>,
  coordinate: string,
  examples: Examples,
): Record<string, unknown> {
  return valuesOf(
    field.args.map(({ name, type }) => ({ name, type, coordinate: `${coordinate}.${name}` })),
    examples,
  );
}

function valuesOf(places: Place[], examples: Examples): Record<string, unknown> {
  return Object.fromEntries(
    places.flatMap((place) => {
      const value = exampleFor(place, examples);
      return value === undefined ? [] : [[place.name, value]];
    }),
  );
}

function exampleFor({ name, type, coordinate }: Place, examples: Examples): unknown {
  const required = isNonNullType(type);
  const named = getNamedType(type);
  const example = examples[coordinate in examples ? coordinate : name];
  if (example !== undefined) return isListType(getNullableType(type)) ? [example].flat() : example;
  if (isInputObjectType(named)) {
    const inner = valuesOf(placesOf(named), examples);
    return required || Object.keys(inner).length > 0 ? inner : undefined;
  }
  if (required) throw new Error(`no example for ${coordinate}`);
  return undefined;
}

const placesOf = (type: {
  name: string;
  getFields(): Record<string, { name: string; type: GraphQLInputType }>;
}) =>
  Object.values(type.getFields()).map((field) => ({ ...field, coordinate: `${type.name}.${field.name}` }));

/** The way to one plain argument: `['input', 'documentIds']`. */
export type ArgumentPath = { path: string[]; type: GraphQLInputType };

/** Every plain (string, id, number, enum) argument of a field, those inside of inputs included. */
export function plainArguments(field: GraphQLField<unknown, unknown>): ArgumentPath[] {
  const walk = (path: string[], type: GraphQLInputType): ArgumentPath[] => {
    const named = getNamedType(type);
    if (!isInputObjectType(named)) return [{ path, type }];
    return placesOf(named).flatMap((place) => walk([...path, place.name], place.type));
  };
  return field.args.flatMap(({ name, type }) => walk([name], type));
}

/** A copy of the variables with one argument replaced. Inside a list of inputs: in its only element. */
export function withArgument(
  variables: Record<string, unknown>,
  { path, type }: ArgumentPath,
  value: unknown,
): Record<string, unknown> {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { ...variables, [name]: isListType(getNullableType(type)) ? [value] : value };
  const inner = variables[name];
  const changed = withArgument((Array.isArray(inner) ? inner[0] : inner) ?? {}, { path: rest, type }, value);
  return { ...variables, [name]: name === 'preferences' ? [changed] : changed };
}
