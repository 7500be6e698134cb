import { type FieldNode, type GraphQLField, Kind, type OperationDefinitionNode } from 'graphql';
import type { Amount, Variables } from './amount.ts';
import type { ListSize } from './rules.ts';

/**
 * How many elements a list is expected to have: the largest slicing argument given, else the assumed size, else the
 * default. What can't be a size (null, negative, no number) counts as not given.
 */
export function expectedSize(
  rule: ListSize,
  defaultSize: number,
  given: { node: FieldNode; field: GraphQLField<unknown, unknown>; definition: OperationDefinitionNode },
): Amount {
  const assumed = rule.assumedSize ?? defaultSize;
  const slices = (rule.slicingArguments ?? []).map((name) => sliceOf(name, given));
  if (slices.every((slice) => typeof slice !== 'function')) return largest(slices, assumed);
  return (variables) =>
    largest(
      slices.map((slice) => (typeof slice === 'function' ? slice(variables) : slice)),
      assumed,
    );
}

type Slice = unknown | ((variables: Variables) => unknown);

/** The value of a slicing argument, literal, from a variable, or by default. */
function sliceOf(name: string, { node, field, definition }: Parameters<typeof expectedSize>[2]): Slice {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  const byDefault = field.args.find((argument) => argument.name === name)?.defaultValue;
  if (!value) return byDefault;
  if (value.kind === Kind.INT) return Number(value.value);
  if (value.kind !== Kind.VARIABLE) return undefined;
  const variable = value.name.value;
  const declared = definition.variableDefinitions?.find((one) => one.variable.name.value === variable);
  const otherwise =
    declared?.defaultValue?.kind === Kind.INT ? Number(declared.defaultValue.value) : byDefault;
  return (variables: Variables) => (Object.hasOwn(variables, variable) ? variables[variable] : otherwise);
}

function largest(slices: readonly unknown[], assumed: number): number {
  let size = -1;
  for (const slice of slices) if (typeof slice === 'number' && slice > size) size = slice;
  return size < 0 ? assumed : size;
}
