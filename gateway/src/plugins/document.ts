import { hasPermission } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import { checkVariables } from '../operation/check-variables.ts';
import { graphOf, type Plugin } from '../operation/exchange.ts';

/** Parses, measures and validates the document, picks the operation and checks the variables against it. */
export const document: Plugin = {
  name: 'document',
  run(exchange) {
    const { documents, api } = graphOf(exchange);
    const { operationName, variables } = exchange.parameters;
    const mayExplore = hasPermission(exchange.caller.principal, 'graph:explore');
    const operation = documents.prepare(exchange.source, operationName, mayExplore);
    if (!exchange.allowedKinds.includes(operation.kind)) {
      throw new GatehouseError('METHOD_NOT_ALLOWED', `A ${operation.kind} can't be sent this way.`);
    }
    checkVariables(api, operation, variables, mayExplore);
    exchange.operation = operation;
  },
};
