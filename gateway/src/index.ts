import './telemetry-off.ts';

export { defaultGatewayConfig, type GatewayConfig, gatewayConfigOf, gatewayEnvironment } from './config.ts';
export { createGateway, type Gateway, type GatewayDeps } from './create-gateway.ts';
export type { SubgraphConnection, SubgraphConnections } from './subgraphs/connection.ts';
export { inProcess } from './subgraphs/in-process.ts';
export { type RemoteOptions, remote } from './subgraphs/remote.ts';
export {
  followSupergraph,
  ownSupergraphFile,
  readSupergraph,
} from './supergraph/follow-file.ts';
