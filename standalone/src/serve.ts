import {
  createGateway,
  followSupergraph,
  gatewayConfigOf,
  inProcess,
  readSupergraph,
  type SubgraphConnection,
} from '@gatehouse/gateway';

import { kafkaSettingsOf, openPorts } from '@gatehouse/process';
import type { Logger, Metrics, Running } from '@gatehouse/service-kit';

import { type SubgraphName, subgraphNames } from '@gatehouse/service-kit/subgraph';
import { ensureAdministrator } from './administrator.ts';
import type { Secrets } from './data-dir.ts';
import type { Environment } from './environment.ts';
import { reachRemoteSubgraphs } from './remote-subgraphs.ts';
import { mountSubgraphs } from './subgraphs.ts';

export type ServeOptions = {
  values: Environment;
  secrets: Secrets;
  dataDir: string;
  databaseUrl: string;
  logger: Logger;
  metrics: Metrics;
};

/** The whole product in this process: ports, subgraphs, gateway. Tables must be up to date. */
export async function serve(options: ServeOptions): Promise<Running & { adminPassword: string | null }> {
  const { values, databaseUrl, logger, metrics } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.reverse()) {
      await close().catch((err: unknown) => logger.error({ err }, 'a part did not stop well'));
    }
  };
  try {
    const ports = await openPorts({
      databaseUrl,
      poolSize: values.DATABASE_POOL_SIZE,
      redisUrl: values.REDIS_URL,
      mongodbUrl: values.MONGODB_URL,
      kafka: kafkaSettingsOf(values),
      logger,
      metrics,
    });
    closing.push(ports.close);
    const remote = await reachRemoteSubgraphs(options);
    closing.push(remote.close);
    const mounted = mountSubgraphs({ ...options, ports, remote });
    closing.push(mounted.close);

    await Promise.all(
      [...mounted.subgraphs.values()].map(async (subgraph) => {
        const served = remote.names.length > 0 ? await remote.serve(subgraph) : undefined;
        if (!served) await subgraph.start();
        closing.push(served ? served.stop : subgraph.stop);
      }),
    );
    const adminPassword = await ensureAdministrator(mounted.parts.get('user'), values);

    const connectionOf = async (name: SubgraphName): Promise<[SubgraphName, SubgraphConnection]> => {
      const subgraph = mounted.subgraphs.get(name);
      return [name, subgraph ? inProcess(subgraph, { logger, metrics }) : await remote.connect(name)];
    };
    const connections = await Promise.all(subgraphNames.map(connectionOf));
    const file = values.SUPERGRAPH_FILE;
    const supergraphSdl = readSupergraph(file);
    const gateway = createGateway({
      supergraphSdl,
      subgraphs: Object.fromEntries(connections) as Record<SubgraphName, SubgraphConnection>,
      keyValue: ports.keyValue,
      pubSub: ports.pubSub,
      redis: ports.redis,
      call: mounted.callAs('gateway'),
      logger: logger.child({ part: 'gateway' }),
      metrics,
      config: gatewayConfigOf(values),
    });
    closing.push(gateway.stop);
    await gateway.start();
    const replace = gateway.replaceSupergraph;
    const following = followSupergraph({ file, current: supergraphSdl, replace, logger });
    closing.push(async () => following.stop());
    return { stop, adminPassword };
  } catch (error) {
    await stop();
    throw error;
  }
}
