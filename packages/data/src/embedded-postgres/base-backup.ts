import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { StartupError } from '@gatehouse/service-kit';
import pg from 'pg';
import { superuser } from './cluster.ts';
import { readCredentials } from './credentials.ts';
import { isServerOf, readPostmaster } from './postmaster.ts';

export type BaseBackup = {
  /** Of the server, such as `18.4`. */
  version: string;
  /** The cluster's files as a tar archive, with the write-ahead log that makes them consistent; what it reads is not for long. */
  stream: Readable;
  close(): Promise<void>;
};

/** What of the connection of `pg` is used here; its types leave it out. */
type Connection = { query(text: string): void; stream: { pause(): void; resume(): void } };

/**
 * Copies the cluster of a data folder while its server works, by the replication protocol's BASE_BACKUP. StartupError when no
 * server runs on it.
 */
export async function openBaseBackup(dataDir: string): Promise<BaseBackup> {
  const folder = await realpath(dataDir);
  const cluster = path.join(folder, 'postgres');
  const postmaster = await readPostmaster(cluster);
  if (!postmaster || !(await isServerOf(cluster, postmaster.pid))) {
    throw new StartupError(`No PostgreSQL of ours runs on ${folder}.`);
  }
  const { password } = await readCredentials(folder);
  const client = new pg.Client({
    host: '127.0.0.1',
    port: postmaster.port,
    user: superuser,
    password,
    application_name: 'gatehouse backup',
    ...({ replication: 'true' } as object),
  });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  const query = baseBackupQuery();
  client.on('error', (error) => query.stream.destroy(error));
  client.query(query as unknown as pg.Submittable);
  return {
    version: rows[0]?.server_version ?? '',
    stream: query.stream,
    close: () => client.end().catch(() => {}),
  };
}

/** The first byte of each message of the copy says what the rest is. */
const [newArchive, data] = ['n'.charCodeAt(0), 'd'.charCodeAt(0)];

function baseBackupQuery() {
  let connection: Connection | undefined;
  let archives = 0;
  const stream = new Readable({
    read: () => connection?.stream.resume(),
    highWaterMark: 1024 * 1024,
  });
  return {
    stream,
    submit(given: Connection) {
      connection = given;
      given.query(`BASE_BACKUP (LABEL 'gatehouse', CHECKPOINT 'fast', WAL true, MANIFEST 'no')`);
    },
    handleCopyData({ chunk }: { chunk: Buffer }) {
      const kind = chunk[0];
      // A second archive would be that of a tablespace, which we make none of.
      if (kind === newArchive && ++archives > 1) stream.destroy(new Error('the cluster has tablespaces'));
      if (kind === data && !stream.push(Buffer.from(chunk.subarray(1)))) connection?.stream.pause();
    },
    handleError: (error: Error) => void stream.destroy(error),
    handleReadyForQuery: () => void stream.push(null),
    handleRowDescription() {},
    handleDataRow() {},
    handleCommandComplete() {},
    handleEmptyQuery() {},
  };
}
