import {
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';

const answerable = (field: GraphQLField<unknown, unknown>) => !field.args.some(isRequiredArgument);

/**
 * A short selection that tells whether there is something, and whose: the id where there is one, else the plain values, else
 * what is below. Empty for a plain value.
 */
export function shortSelection(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isUnionType(named)) {
    const members = named.getTypes().map((member) => `... on ${member.name} ${shortSelection(member)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  if (!isObjectType(named)) throw new Error(`no selection for ${named.name}`);
  const fields = named.getFields();
  if (fields.id) return '{ id }';
  if (fields.nodes) return `{ nodes ${shortSelection(fields.nodes.type)} }`;
  const leaves = Object.values(fields).filter((field) => isLeafType(getNamedType(field.type)));
  const objects = Object.values(fields).filter((field) => isObjectType(getNamedType(field.type)));
  return `{ ${[
    ...leaves.map(({ name }) => name),
    ...objects.map(({ name, type: inner }) => `${name} ${shortSelection(inner)}`),
  ].join(' ')} }`;
}

/** Every path of fields below a type that ends in a plain value, at most so many steps long; connections through `nodes`. */
export function leafPaths(type: GraphQLOutputType, steps: number, seen: string[] = []): string[][] {
  const named = getNamedType(type);
  if (isLeafType(named)) return [[]];
  if (!isObjectType(named) || steps === 0) return [];
  // A type may come once more on its own way (whose sessions are a session's user's?), not for ever.
  if (seen.filter((name) => name === named.name).length > 1) return [];
  return Object.values(named.getFields())
    .filter((field) => answerable(field) && field.name !== 'edges')
    .flatMap((field) =>
      leafPaths(field.type, steps - 1, [...seen, named.name]).map((path) => [field.name, ...path]),
    );
}

/** Paths as one selection: `['me', 'id'], ['me', 'email']` → `me { id email }` */
export function merged(paths: readonly (readonly string[])[]): string {
  const below = Map.groupBy(
    paths.filter((path) => path.length > 0),
    ([name = '']) => name,
  );
  return [...below]
    .map(([name, group]) => {
      const inner = merged(group.map((path) => path.slice(1)));
      return inner ? `${name} { ${inner} }` : name;
    })
    .join(' ');
}
