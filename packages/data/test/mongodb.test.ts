import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engineUrl, silentLogger } from '@gatehouse/testkit';
import { Binary, GridFSBucket, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mongodb, unwrittenMs } from '../../../scripts/engines/mongodb.ts';
import { openMongo } from '../src/mongodb/connection.ts';
import { openMongoBlobStore } from '../src/mongodb/index.ts';
import { blobStoreContract } from './contract/blob-store.ts';

const shared = engineUrl('mongodb');
const logger = silentLogger;

describe.skipIf(!shared)('MongoDB', () => {
  const address = new URL(shared ?? 'mongodb://unused');
  address.pathname = `/test_${randomBytes(6).toString('hex')}`;
  const url = address.href;
  let client: MongoClient;
  const files = () => client.db().collection('documents.files');
  const chunks = () => client.db().collection('documents.chunks');
  beforeAll(() => {
    client = new MongoClient(url);
  });
  afterAll(async () => {
    await client.db().dropDatabase();
    await client.close();
  });

  blobStoreContract(
    'MongoDB',
    async () => openMongoBlobStore({ url, logger }),
    async () => {
      // Every chunk belongs to a file that is there.
      const owners = await chunks().distinct('files_id');
      expect(await files().countDocuments({ _id: { $in: owners } })).toBe(owners.length);
      return await files().countDocuments();
    },
  );

  it('writes what any GridFS tool reads, and waits for a majority and its journal', async () => {
    const own = openMongo({ url, logger });
    expect(own.client.writeConcern).toMatchObject({ w: 'majority', journal: true });
    await own.close();
    const store = openMongoBlobStore({ url, logger });
    onTestFinished(() => store.close());
    const bytes = randomBytes(600_000);
    await store.write('tool', Readable.from([bytes]), { maxBytes: 1e6 });
    const bucket = new GridFSBucket(client.db(), { bucketName: 'documents' });
    const [file] = await bucket.find({ filename: 'tool' }).toArray();
    expect(file).toMatchObject({ length: bytes.length, chunkSize: 262_144 });
    expect((await buffer(bucket.openDownloadStreamByName('tool'))).equals(bytes)).toBe(true);
  });

  it('sweeps what a killed process left, and not what is being written', async () => {
    const store = openMongoBlobStore({ url, logger, sweepEveryMs: 20 });
    onTestFinished(() => store.close());
    const left = (minutes: number, state: string) => {
      const touchedAt = new Date(Date.now() - minutes * 60_000);
      return { _id: new ObjectId(), filename: 'left', metadata: { state, touchedAt } };
    };
    const [dead, halfDeleted, alive] = [left(60, 'writing'), left(60, 'deleted'), left(1, 'writing')];
    await chunks().insertMany(
      [dead, halfDeleted, alive].map(({ _id }) => ({ files_id: _id, n: 0, data: new Binary() })),
    );
    await files().insertMany([dead, halfDeleted, alive]);
    const ids = { $in: [dead._id, halfDeleted._id, alive._id] };
    await vi.waitFor(async () => expect(await files().find({ _id: ids }).toArray()).toEqual([alive]), 5_000);
    expect(await chunks().distinct('files_id', { files_id: ids })).toEqual([alive._id]);
  });

  it('that refuses us stops the start, and one that is not there does not', async () => {
    const { host } = new URL(url);
    const refused = openMongoBlobStore({
      url: `mongodb://somebody:password@${host}/?directConnection=true`,
      logger,
    });
    await expect(refused.check()).rejects.toThrow(`MongoDB at ${host} can't be used: `);
    await refused.close();
    const missing = openMongoBlobStore({ url: 'mongodb://127.0.0.1:1', logger });
    await missing.check();
    await missing.close();
  });

  it('streams 200 MB in and out in constant memory', { timeout: 60_000 }, async () => {
    const program = fileURLToPath(new URL('stream-large-blob.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, url]);
    expect(Number(stdout)).toBeLessThan(60 * 1024 * 1024);
  });
});

describe.skipIf(!shared)('MongoDB that is lost', () => {
  const maxBytes = 1e6;

  it('is told as such within seconds, and what was stored is whole when it is back', async () => {
    const engine = await mongodb.start();
    onTestFinished(() => engine.stop());
    const store = openMongoBlobStore({ url: engine.url, logger });
    onTestFinished(() => store.close());
    const bytes = randomBytes(700_000);
    await store.write('kept', Readable.from([bytes]), { maxBytes });
    await new Promise((resolve) => setTimeout(resolve, unwrittenMs));

    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    async function* slow() {
      yield randomBytes(300_000);
      begun.resolve();
      await gone.promise;
      yield randomBytes(300_000);
    }
    const writing = expect(store.write('cut', slow(), { maxBytes })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await begun.promise;
    await engine.halt('SIGKILL');
    gone.resolve();
    const started = Date.now();
    await writing;
    for (const attempt of [store.read('kept'), store.stat('kept'), store.delete('kept')])
      await expect(attempt).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.write('new', Readable.from([bytes]), { maxBytes })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(Date.now() - started).toBeLessThan(8_000);

    await engine.resume();
    await vi.waitFor(
      async () => expect((await buffer(await store.read('kept'))).equals(bytes)).toBe(true),
      5_000,
    );
    expect(await store.stat('cut')).toBeUndefined();
    await store.write('cut', Readable.from([bytes]), { maxBytes });
    expect((await buffer(await store.read('cut'))).equals(bytes)).toBe(true);
  });

  it('is found again where the driver waits in vain for a heartbeat', async () => {
    const engine = await mongodb.start();
    onTestFinished(() => engine.stop());
    const { client, database, close } = openMongo({ url: engine.url, logger });
    onTestFinished(close);
    const ping = () => database.command({ ping: 1 });
    await ping();
    // Its connection is closed in the moment in which it is about to be written.
    await new Promise<void>((done) => {
      client.once('serverHeartbeatStarted', () =>
        queueMicrotask(() => {
          monitorSocketOf(client).destroy();
          done();
        }),
      );
    });
    engine.signal('SIGSTOP');
    const asked = expect(ping()).rejects.toThrow();
    await engine.halt('SIGKILL');
    await asked;
    await engine.resume();
    await expect(ping()).rejects.toThrow();
    await vi.waitFor(ping, 15_000);
  });
});

/** The driver keeps it to itself. */
function monitorSocketOf(client: MongoClient): Socket {
  type Server = { monitor: { connection: { socket: Socket } } };
  const { topology } = client as unknown as { topology: { s: { servers: Map<string, Server> } } };
  const [server] = topology.s.servers.values();
  if (!server) throw new Error('no server is known');
  return server.monitor.connection.socket;
}
