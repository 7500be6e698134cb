import { join } from 'node:path';
import { remote, type SubgraphConnection } from '@gatehouse/gateway';
import { type Caller, createPassportIssuer, createPassportVerifier } from '@gatehouse/identity';
import {
  createPassportKeys,
  passportFiles,
  readPassportKeys,
  subgraphPorts,
  subgraphTimeout,
  subgraphUrl,
} from '@gatehouse/process';
import { GatehouseError, type Logger, type Metrics } from '@gatehouse/service-kit';
import {
  type CallSubgraph,
  callOverHttp,
  type Served,
  type Subgraph,
  type SubgraphName,
  serveSubgraph,
  subgraphNames,
} from '@gatehouse/service-kit/subgraph';
import type { Environment } from './environment.ts';

/** The mixed topology: some subgraphs are processes of their own. Their passport keys lie in DATA_DIR/passports. */
export type RemoteSubgraphs = {
  names: readonly SubgraphName[];
  callAs(caller: SubgraphName | 'gateway'): CallSubgraph;
  connect(name: SubgraphName): Promise<SubgraphConnection>;
  /** Lets the remote subgraphs reach a mounted one, on its usual loopback port; starts it. */
  serve(subgraph: Subgraph<Caller>): Promise<Served>;
  close(): Promise<void>;
};

export async function reachRemoteSubgraphs(options: {
  values: Environment;
  dataDir: string;
  logger: Logger;
  metrics: Metrics;
}): Promise<RemoteSubgraphs> {
  const { values, dataDir, logger, metrics } = options;
  const names = subgraphNames.filter((name) => subgraphUrl(values, name));
  const folder = join(dataDir, 'passports');
  if (names.length > 0) await createPassportKeys(folder);
  const callers: { close(): Promise<void> }[] = [];
  const keysOf = (name: SubgraphName | 'gateway') => readPassportKeys(passportFiles(folder, name));
  const issuerOf = async (name: SubgraphName | 'gateway') =>
    createPassportIssuer(name, (await keysOf(name)).key);

  return {
    names,
    callAs(caller) {
      const issuer = names.length > 0 ? issuerOf(caller) : undefined;
      const call = callOverHttp({
        urlOf: (name) => subgraphUrl(values, name),
        timeoutMsOf: (name) => subgraphTimeout(values, name),
        async passportFor(name) {
          if (!issuer) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', `${name} is not mounted`);
          return (await issuer).forService(name);
        },
        metrics,
      });
      callers.push(call);
      return call;
    },
    async connect(name) {
      return remote({
        name,
        url: subgraphUrl(values, name) ?? '',
        passports: await issuerOf('gateway'),
        logger,
        timeoutMs: subgraphTimeout(values, name),
        bootTimeoutMs: 60_000,
        metrics,
      });
    },
    async serve(subgraph) {
      return serveSubgraph<Caller>({
        subgraph,
        port: subgraphPorts[subgraph.name],
        host: '127.0.0.1',
        logger,
        verify: createPassportVerifier(subgraph.name, (await keysOf(subgraph.name)).jwks),
        isGateway: ({ service }) => service === 'gateway',
        clientOf: (caller) => caller.client,
      });
    },
    async close() {
      await Promise.all(callers.map((caller) => caller.close()));
    },
  };
}
