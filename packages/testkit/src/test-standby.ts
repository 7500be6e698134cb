import { spawn } from 'node:child_process';
import { appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { giveCluster, openBaseBackup, startEmbeddedPostgres } from '@gatehouse/data/embedded-postgres';
import { silentLogger } from './silent-logger.ts';

export type TestServer = {
  url(database?: string): string;
  /** As a user who may do anything, by TCP. */
  adminUrl: string;
  /** Its first process. */
  pid(): Promise<number>;
  stop(): Promise<void>;
};
export type TestPrimary = TestServer & { startStandby(): Promise<TestServer> };

/** A bundled PostgreSQL of which standbys can be made. */
export async function startTestPrimary(): Promise<TestPrimary> {
  const folder = await freshFolder();
  const server = await serve(folder);
  return {
    ...server,
    async startStandby() {
      const own = await freshFolder();
      await copyCluster(folder, own);
      return await serve(own);
    },
  };
}

/** A copy of the running server, which goes on to receive what that writes. */
async function copyCluster(from: string, to: string): Promise<void> {
  const cluster = path.join(to, 'postgres');
  await mkdir(cluster, { mode: 0o700 });
  const backup = await openBaseBackup(from);
  try {
    const tar = spawn('tar', ['-x', '-C', cluster], { stdio: ['pipe', 'ignore', 'inherit'] });
    const ended = new Promise((resolve) => tar.once('exit', resolve));
    await pipeline(backup.stream, tar.stdin);
    if ((await ended) !== 0) throw new Error('the copy could not be unpacked');
  } finally {
    await backup.close();
  }
  await copyFile(path.join(from, 'postgres.json'), path.join(to, 'postgres.json'));
  await writeFile(path.join(cluster, 'standby.signal'), '');
  await appendFile(
    path.join(cluster, 'postgresql.auto.conf'),
    `primary_conninfo = '${await adminUrlOf(from)}'\nwal_retrieve_retry_interval = '100ms'\n`,
  );
  await giveCluster(to);
}

async function serve(folder: string): Promise<TestServer> {
  const { url, stop } = await startEmbeddedPostgres({
    dataDir: folder,
    logger: silentLogger,
    durable: false,
  });
  return {
    url,
    adminUrl: await adminUrlOf(folder),
    async pid() {
      const file = path.join(folder, 'postgres/postmaster.pid');
      return Number((await readFile(file, 'utf8')).split('\n')[0]);
    },
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function adminUrlOf(folder: string): Promise<string> {
  const { password, port } = JSON.parse(await readFile(path.join(folder, 'postgres.json'), 'utf8'));
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-replica-'));
  // So that root may run it as another user.
  await chmod(folder, 0o711);
  return folder;
}
