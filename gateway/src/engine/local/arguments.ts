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
