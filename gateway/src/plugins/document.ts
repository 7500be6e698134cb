import { hasPermission } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { type GraphQLSchema, getVariableValues } from 'graphql';
import type { Plugin } from '../operation/exchange.ts';
import type { Documents } from '../operation/prepare.ts';
import { refused } from '../operation/refusal.ts';

/** Parses, measures and validates the document, picks the operation and checks the variables against it. */
export const document = (documents: Documents, api: GraphQLSchema): Plugin => ({
  name: 'document',
  run(exchange) {
    const { operationName, variables } = exchange.parameters;
    const mayExplore = hasPermission(exchange.caller.principal, 'graph:explore');
    const operation = documents.prepare(exchange.source, operationName, mayExplore);
    if (!exchange.allowedKinds.includes(operation.kind)) {
      throw new GatehouseError('METHOD_NOT_ALLOWED', `A ${operation.kind} can't be sent this way.`);
    }
    const declared = operation.definition.variableDefinitions ?? [];
    if (declared.length > 0) {
      const { errors } = getVariableValues(api, declared, variables, {
        maxErrors: 10,
        hideSuggestions: !mayExplore,
      });
      if (errors) throw refused('BAD_USER_INPUT', errors);
    }
    exchange.operation = operation;
  },
});
