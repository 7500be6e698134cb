import { type Logger, StartupError } from '@gatehouse/service-kit';
import { MongoClient, MongoServerError } from 'mongodb';
import { reviveMonitors } from './revive-monitors.ts';

/** The database when the URL names none. */
const defaultDatabase = 'gatehouse';

const connectTimeoutMS = 2_000;

/**
 * A client that gives up within seconds what a lost server does not answer, instead of half a minute. It connects by itself with
 * its first operation.
 */
export function openMongo(options: { url: string; logger: Logger }) {
  const { url, logger } = options;
  const client = new MongoClient(url, {
    appName: 'gatehouse',
    ignoreUndefined: true,
    connectTimeoutMS,
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 5_000,
    waitQueueTimeoutMS: 5_000,
    // Asked every second, not streamed: with streaming, a monitor was seen that never noticed that its server had been killed and was back.
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 1_000,
    maxPoolSize: 20,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5_000 },
    readConcern: { level: 'majority' },
  });
  // A heartbeat may have to connect first: it is given up after twice that time.
  const stopReviving = reviveMonitors(client, 2.5 * connectTimeoutMS, logger);
  let lost = false;
  client.on('serverHeartbeatFailed', ({ failure }) => {
    if (!lost) logger.warn({ err: failure }, 'MongoDB is lost: content of documents is not available');
    lost = true;
  });
  client.on('serverHeartbeatSucceeded', () => {
    if (lost) logger.warn('MongoDB is back');
    lost = false;
  });
  const named = /^[^/]+\/\/[^/]+\/[^?]/.test(url);
  const database = named ? client.db() : client.db(defaultDatabase);

  /** StartupError when the server refuses us; one that is not there is done without, which the heartbeat tells. */
  async function check(): Promise<void> {
    try {
      await database.command({ ping: 1 });
    } catch (error) {
      if (!(error instanceof MongoServerError)) return;
      const hosts = client.options.hosts.join(', ');
      throw new StartupError(`MongoDB at ${hosts} can't be used: ${error.message}`);
    }
  }

  async function close(): Promise<void> {
    stopReviving();
    await client.close();
  }

  return { client, database, check, close };
}
