import {
  type ArgumentNode,
  type FieldNode,
  type GraphQLField,
  getArgumentValues,
  Kind,
  visit,
} from 'graphql';
import type { Execution, Variables } from './execution.ts';

/** The arguments of a field. A new object each time: a resolver may change what it is given. */
export function compileArguments(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (execution: Execution) => Variables {
  if (definition.args.length === 0) return () => ({});
  const constant = constantArguments(definition, node);
  if (constant) return () => ({ ...constant });
  const only = node.arguments?.length === 1 && definition.args.length === 1 ? node.arguments[0] : undefined;
  if (only?.value.kind === Kind.VARIABLE && only.value.name.value === 'representations') {
    // What the gateway itself sends: a list, already coerced.
    const argument = only.name.value;
    return ({ variables }) =>
      Array.isArray(variables.representations)
        ? { [argument]: variables.representations }
        : getArgumentValues(definition, node, variables);
  }
  return ({ variables }) => getArgumentValues(definition, node, variables);
}

/** Arguments without variables, when they are so flat that a shallow copy is a copy. */
function constantArguments(definition: GraphQLField<unknown, unknown>, node: FieldNode): Variables | null {
  if (node.arguments?.some(usesVariable)) return null;
  try {
    const values = getArgumentValues(definition, node, {});
    return Object.values(values).some((value) => typeof value === 'object' && value !== null) ? null : values;
  } catch {
    return null;
  }
}

function usesVariable(argument: ArgumentNode): boolean {
  let found = argument.value.kind === Kind.VARIABLE;
  visit(argument, {
    Variable() {
      found = true;
    },
  });
  return found;
}
