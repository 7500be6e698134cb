import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { freePorts } from '../../e2e/topology/free-ports.ts';
import type { Engine, RunningEngine } from './engine.ts';
import { runEngine } from './engine-process.ts';
import jars from './kafka-jars.json' with { type: 'json' };

/** Where `prepare.ts` puts what the broker is made of. */
export const jarFolder = resolve(import.meta.dirname, '../../node_modules/.cache/gatehouse/kafka-4.1.1');
/** The broker's classes as the Java virtual machine keeps them, by which it starts in half the time. */
const archive = join(jarFolder, 'classes.jsa');
const neededJava = 17;
const sasl = 'org.apache.kafka.common.security.plain.PlainLoginModule';

/**
 * A broker of Apache Kafka that is its own controller (KRaft), from the jars of Maven Central on the machine's Java. Only those that a
 * broker loads: no compression, no tools.
 */
export const kafka: Engine = {
  name: 'kafka',
  missing() {
    const version = javaVersion();
    if (version === undefined) return 'java is not installed';
    if (version < neededJava) return `it needs Java ${neededJava} and this machine has ${version}`;
    return existsSync(jarFolder)
      ? undefined
      : 'its jars are not here: node scripts/engines/prepare.ts fetches them';
  },
  start: () => startKafka(),
};

type KafkaOptions = {
  /** Where its folder is made. */
  parent?: string | undefined;
  /** The port that clients are told to connect to, when it is not the broker's own. */
  advertisedPort?: number;
  /** Who may connect; anybody when it is left out. */
  users?: Record<string, string>;
  /** A PKCS12 file with the broker's key, by which it speaks TLS alone. */
  keyStore?: { file: string; password: string };
  /** Writes the archive of its classes when it ends. */
  writesArchive?: boolean;
};

/** One broker, which makes no topic by itself. Its `url` is the address of its port. */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningEngine> {
  const port = await freePorts(2);
  return await runEngine({
    name: 'kafka',
    parent: options.parent,
    // Two seconds, or thirty on a machine with too much to do.
    startMs: 60_000,
    async launch(folder) {
      const data = join(folder, 'data');
      await mkdir(data);
      // What formatting would write; the metadata's version is then the oldest that the broker knows.
      await writeFile(
        join(data, 'meta.properties'),
        'version=1\nnode.id=1\ncluster.id=Z2F0ZWhvdXNlLXRlc3RzIQ\n',
      );
      const file = join(folder, 'server.properties');
      await writeFile(file, settings(port, data, options));
      const paths = Object.keys(jars).map((path) => join(jarFolder, fileName(path)));
      const shared = options.writesArchive
        ? [`-XX:ArchiveClassesAtExit=${archive}`]
        : existsSync(archive)
          ? [`-XX:SharedArchiveFile=${archive}`]
          : [];
      const memory = ['-Xms96m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...shared];
      return {
        command: 'java',
        args: [...memory, '-cp', paths.join(':'), 'kafka.Kafka', file],
        url: `127.0.0.1:${port}`,
      };
    },
    answers: () => answers(port, options.keyStore !== undefined),
  });
}

export const hasArchive = (): boolean => existsSync(archive);

/** Starts a broker once, for its classes. */
export async function writeArchive(): Promise<void> {
  const broker = await startKafka({ writesArchive: true });
  await broker.halt();
  await broker.stop();
}

/** The file of a jar in `jarFolder`. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function settings(
  port: number,
  data: string,
  { advertisedPort = port, users, keyStore }: KafkaOptions,
): string {
  // A certificate names no address: RFC 6066 allows none as the name that a client asks for.
  const advertisedHost = keyStore ? 'localhost' : '127.0.0.1';
  const protocol = `${users ? 'SASL_' : ''}${keyStore ? 'SSL' : 'PLAINTEXT'}`;
  const values: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'advertised.listeners': `CLIENTS://${advertisedHost}:${advertisedPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,CLIENTS:${protocol}`,
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // How long a broker that was killed is taken for the same broker still, which keeps its next start waiting.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
  };
  if (users) {
    const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
    const [name, password] = Object.entries(users)[0] ?? [];
    values['sasl.enabled.mechanisms'] = 'PLAIN';
    values['sasl.mechanism.inter.broker.protocol'] = 'PLAIN';
    values['listener.name.clients.plain.sasl.jaas.config'] =
      `${sasl} required username="${name}" password="${password}" ${known.join(' ')};`;
  }
  if (keyStore) {
    for (const kind of ['keystore', 'truststore']) {
      values[`ssl.${kind}.type`] = 'PKCS12';
      values[`ssl.${kind}.location`] = keyStore.file;
      values[`ssl.${kind}.password`] = keyStore.password;
    }
    values['ssl.endpoint.identification.algorithm'] = '';
  }
  return `${Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

function javaVersion(): number | undefined {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  return Number(/version "(?:1\.)?(\d+)/.exec(stderr)?.[1] ?? 0);
}

/** By hand: an ApiVersions request of version 0; a port that speaks TLS or asks who it is only has to be there. */
function answers(port: number, speaksTls: boolean): Promise<boolean> {
  const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
  return new Promise((done) => {
    const finish = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    const socket = connect(port, '127.0.0.1', () => (speaksTls ? finish(true) : socket.write(apiVersions)));
    socket.once('data', () => finish(true));
    socket.once('error', () => finish(false));
    socket.setTimeout(1_000, () => finish(false));
  });
}
