import type { Logger } from '@gatehouse/service-kit';
import { MongoClient } from 'mongodb';

/** The database when the URL names none. */
const defaultDatabase = 'gatehouse';

/**
 * A client that gives up within seconds what a lost server does not answer, instead of half a minute. It connects by itself with
 * its first operation.
 */
export function openMongo(options: { url: string; logger: Logger }) {
  const { url, logger } = options;
  const client = new MongoClient(url, {
    appName: 'gatehouse',
    ignoreUndefined: true,
    connectTimeoutMS: 2_000,
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 5_000,
    waitQueueTimeoutMS: 5_000,
    heartbeatFrequencyMS: 1_000,
    maxPoolSize: 20,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: 5_000 },
    readConcern: { level: 'majority' },
  });
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
  return { client, database: named ? client.db() : client.db(defaultDatabase) };
}
