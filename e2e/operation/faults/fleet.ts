import { type SubgraphName, subgraphNames } from '@gatehouse/service-kit/subgraph';
import { people } from '@gatehouse/testkit/clients';
import type { RunningEngine } from '../../../scripts/engines/index.ts';
import { startKafka } from '../../../scripts/engines/kafka.ts';
import { startMongodb } from '../../../scripts/engines/mongodb.ts';
import { startPostgres } from '../../../scripts/engines/postgres.ts';
import { startRedis } from '../../../scripts/engines/redis.ts';
import { createDeployment, type Deployment } from '../../topology/deployment.ts';
import { freePorts } from '../../topology/free-ports.ts';
import type { Row } from './matrix.ts';
import { networkTo } from './network.ts';
import { ownDisk } from './own-disk.ts';
import type { Disk, Part } from './part.ts';
import { startSmtp } from './smtp.ts';
import { subgraphServer } from './subgraph-part.ts';

export type Fleet = {
  deployment: Deployment;
  story: ReturnType<typeof people>;
  part(row: Row): Part;
  close(): Promise<void>;
};

/** Servers that end themselves when their disk is full, and are started again when it is not. */
const endsOfIt: readonly Row[] = ['MongoDB', 'Kafka'];

const restarting = (disk: Disk, server: RunningEngine): Disk => ({
  fill: disk.fill,
  async free() {
    await disk.free();
    await server.halt('SIGKILL');
    await server.resume();
  },
});

/** Five processes over these parts, each of which can be taken away. */
export async function startFleet(rows: readonly Row[]): Promise<Fleet> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  const parts = new Map<Row, Part>();
  const environment: Record<string, string> = { LOG_LEVEL: 'warn' };
  try {
    const add = async (row: Row, start: (parent: string | undefined) => Promise<RunningEngine>, port = 0) => {
      const disk = await ownDisk();
      if (disk) closing.push(disk.close);
      const server = await start(disk?.folder);
      closing.push(server.stop);
      const network = await networkTo(server.url.includes('://') ? server.url : `tcp://${server.url}`, port);
      closing.push(network.close);
      parts.set(row, {
        server,
        network,
        disk: disk && endsOfIt.includes(row) ? restarting(disk, server) : disk,
      });
      return network.url;
    };
    if (rows.includes('PostgreSQL')) environment.DATABASE_URL = await add('PostgreSQL', startPostgres);
    if (rows.includes('Redis'))
      environment.REDIS_URL = await add('Redis', (parent) => startRedis([], parent));
    if (rows.includes('MongoDB')) environment.MONGODB_URL = await add('MongoDB', startMongodb);
    if (rows.includes('Kafka')) {
      const port = await freePorts(1);
      await add('Kafka', (parent) => startKafka({ advertisedPort: port, parent }), port);
      environment.KAFKA_BROKERS = `127.0.0.1:${port}`;
    }
    let mailbox: Parameters<typeof people>[0]['mailbox'];
    if (rows.includes('SMTP')) {
      environment.SMTP_URL = await add('SMTP', async (parent) => {
        const server = await startSmtp(parent);
        mailbox = server.mailbox;
        return server;
      });
    }
    const firstPort = await freePorts(subgraphNames.length);
    environment.SUBGRAPH_PORT_BASE = String(firstPort);
    const networks = new Map<SubgraphName, Part['network']>();
    for (const name of subgraphNames.filter((one) => rows.includes(one))) {
      const port = firstPort + subgraphNames.indexOf(name);
      const network = await networkTo(`http://127.0.0.1:${port}/graphql`);
      closing.push(network.close);
      environment[`${name.toUpperCase()}_URL`] = network.url;
      networks.set(name, network);
    }
    const deployment = await createDeployment('distributed', environment);
    closing.push(deployment.remove);
    await deployment.start();
    for (const [name, network] of networks) {
      const server = await subgraphServer(name, deployment, firstPort + subgraphNames.indexOf(name));
      closing.push(server.close);
      parts.set(name, { server, network });
    }
    return {
      deployment,
      story: people({ ...deployment, ...(mailbox && { mailbox }) }),
      close,
      part(row) {
        const part = parts.get(row);
        if (!part) throw new Error(`there is no ${row}`);
        return part;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
