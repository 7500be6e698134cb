import type { buildOperationContext, executeQueryPlan, ServiceMap } from '@apollo/gateway';
import type { Logger } from '@gatehouse/service-kit';
import { buildSchema, type GraphQLSchema } from 'graphql';
import type { Exchange } from '../operation/exchange.ts';
import type { PreparedOperation } from '../operation/prepare.ts';
import type { SubgraphConnection } from '../subgraphs/connection.ts';
import { stockGateway } from './stock-gateway.ts';

export type { ServiceMap };
export type OperationContext = ReturnType<typeof buildOperationContext>;
type RequestContext = Parameters<typeof executeQueryPlan>[2];

/** Subgraph connections as the data sources that Apollo's executor asks. */
export function serviceMap(connections: Record<string, SubgraphConnection>): ServiceMap {
  const sources = Object.entries(connections).map(([name, connection]): [string, ServiceMap[string]] => [
    name,
    {
      process({ request, context }) {
        const { caller, traceparent, connection: client, operation } = context as Exchange;
        return connection.execute({
          query: request.query ?? '',
          operationName: request.operationName,
          variables: request.variables ?? {},
          caller,
          traceparent,
          // A change under way is finished, whether or not its client still waits.
          signal: operation?.kind === 'mutation' ? undefined : client.signal(),
        });
      },
    },
  ]);
  return Object.fromEntries(sources);
}

/** What `__type` knows for those who may not explore the graph: nothing. */
export const unexplored = buildSchema('type Query { nothing: Boolean }');

/** What Apollo's executor reads of its request context; the rest belongs to a server that is not here. */
export function requestContextOf(
  exchange: Exchange,
  operation: PreparedOperation,
  logger: RequestContext['logger'],
): RequestContext {
  const { variables } = exchange.parameters;
  return {
    request: { query: operation.source, operationName: operation.name, variables },
    context: exchange,
    metrics: {},
    logger,
  } as unknown as RequestContext;
}

export async function newOperationContext(
  schema: GraphQLSchema,
  { document, name }: PreparedOperation,
): Promise<OperationContext> {
  const { buildOperationContext } = await stockGateway();
  return buildOperationContext({ schema, operationDocument: document, operationName: name });
}

/** pino behind Apollo's logger interface. */
export const logged = (logger: Logger): RequestContext['logger'] => ({
  debug: (message) => logger.debug(message),
  info: (message) => logger.info(message),
  warn: (message) => logger.warn(message),
  error: (message) => logger.error(message),
});
