import { authConfig, createAuth } from '@gatehouse/auth';
import type { Database } from '@gatehouse/data';
import { type Caller, serviceCaller } from '@gatehouse/identity';
import { createNotification, notificationConfigOf } from '@gatehouse/notification';
import { openSubgraphDatabase, type Ports, type SubgraphParts, subgraphUrl } from '@gatehouse/process';
import type { Logger, Metrics } from '@gatehouse/service-kit';
import {
  type CallSubgraph,
  callInProcess,
  type Subgraph,
  type SubgraphName,
  subgraphNames,
} from '@gatehouse/service-kit/subgraph';
import { createStorage, storageConfigOf } from '@gatehouse/storage';
import { createUser, userConfigOf } from '@gatehouse/user';
import type { Secrets } from './data-dir.ts';
import type { Environment } from './environment.ts';
import { migrations } from './migrations.ts';
import type { RemoteSubgraphs } from './remote-subgraphs.ts';

export type Mounted = {
  subgraphs: Map<SubgraphName, Subgraph<Caller>>;
  parts: Map<SubgraphName, SubgraphParts>;
  callAs(caller: SubgraphName | 'gateway'): CallSubgraph;
  close(): Promise<void>;
};

/** Makes every subgraph that has no URL of its own; they call each other without leaving the process. */
export function mountSubgraphs(options: {
  values: Environment;
  secrets: Secrets;
  databaseUrl: string;
  ports: Ports;
  remote: RemoteSubgraphs;
  logger: Logger;
  metrics: Metrics;
}): Mounted {
  const { values, secrets, databaseUrl, ports, remote, logger, metrics } = options;
  const subgraphs = new Map<SubgraphName, Subgraph<Caller>>();
  const parts = new Map<SubgraphName, SubgraphParts>();
  const databases: Database[] = [];

  const callAs = (caller: SubgraphName | 'gateway'): CallSubgraph => {
    const inside = callInProcess<Caller>((name) => subgraphs.get(name), serviceCaller(caller));
    const outside = remote.callAs(caller);
    return (name, operation, variables) =>
      (subgraphs.has(name) ? inside : outside)(name, operation, variables);
  };

  const create: Record<SubgraphName, (parts: SubgraphParts) => Subgraph<Caller>> = {
    user: (own) => createUser({ ...own, config: userConfigOf(values) }),
    auth: (own) => createAuth({ ...own, config: authConfig(values, values.AUTH_SECRET ?? secrets.auth) }),
    storage: (own) => createStorage({ ...own, config: storageConfigOf(values, secrets.storage) }),
    notification: (own) => createNotification({ ...own, config: notificationConfigOf(values) }),
  };

  for (const name of subgraphNames) {
    if (subgraphUrl(values, name)) continue;
    const database = openSubgraphDatabase({
      name,
      schema: migrations[name].schema,
      url: databaseUrl,
      replicaUrls: values.DATABASE_REPLICA_URL,
      values,
      keyValue: ports.keyValue,
      logger,
      metrics,
    });
    databases.push(database);
    const own: SubgraphParts = {
      keyValue: ports.keyValue,
      pubSub: ports.pubSub,
      blobs: ports.blobs,
      bus: ports.bus,
      database,
      call: callAs(name),
      logger: logger.child({ subgraph: name }),
      metrics,
      publicUrl: values.PUBLIC_URL,
    };
    parts.set(name, own);
    subgraphs.set(name, { ...create[name](own), degraded: ports.degraded });
  }

  return {
    subgraphs,
    parts,
    callAs,
    async close() {
      await Promise.all(databases.map((database) => database.close()));
    },
  };
}
