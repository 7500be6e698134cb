import type { GraphQLField } from 'graphql';
import type { RootType } from './public-schema.ts';
import { shortSelection } from './selection.ts';

/** A document that asks for one field, a root field or one `below` another, each of its arguments a variable. */
export function documentFor(
  root: RootType,
  field: GraphQLField<unknown, unknown>,
  { selection = shortSelection(field.type), below = '' }: { selection?: string; below?: string } = {},
): string {
  const declared = field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  const call = passed ? `${field.name}(${passed})` : field.name;
  const asked = below ? `${below} { ${call} ${selection} }` : `${call} ${selection}`;
  return `${root.toLowerCase()} ${declared ? `(${declared}) ` : ''}{ ${asked} }`;
}
