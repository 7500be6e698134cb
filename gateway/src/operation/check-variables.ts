import { type GraphQLSchema, getVariableValues } from 'graphql';
import type { PreparedOperation } from './prepare.ts';
import { refused } from './refusal.ts';

/** Checks the variables against what the operation declares: `BAD_USER_INPUT`. Suggestions name what only explorers may know. */
export function checkVariables(
  api: GraphQLSchema,
  { definition }: PreparedOperation,
  variables: Record<string, unknown>,
  mayExplore: boolean,
): void {
  const declared = definition.variableDefinitions ?? [];
  if (declared.length === 0) return;
  const { errors } = getVariableValues(api, declared, variables, {
    maxErrors: 10,
    hideSuggestions: !mayExplore,
  });
  if (errors) throw refused('BAD_USER_INPUT', errors);
}
