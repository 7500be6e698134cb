import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StartupError } from '@gatehouse/service-kit';
import { silentLogger } from '@gatehouse/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import { chooseUser } from '../../src/embedded-postgres/run-as.ts';
import { cleanUp, isRunning, postmasterPid, query, startInstance, temporaryFolder } from './harness.ts';

const root = process.getuid?.() === 0;
const has = (program: string) => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
};

let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => cleanUp(dataDir));

const start = (onProgress?: (line: string) => void) =>
  startEmbeddedPostgres({ dataDir, logger: silentLogger, ...(onProgress ? { onProgress } : {}) });

it('prepares a cluster once, and comes back on the same port with its data', async () => {
  const lines: string[] = [];
  const first = await start((line) => lines.push(line));
  expect(first.version).toMatch(/^18\./);
  await query(first.url(), 'create table kept as select 1 as one');
  const pid = await postmasterPid(dataDir);
  await first.stop();
  expect(isRunning(pid)).toBe(false);
  expect(lines).toEqual(['Preparing the bundled PostgreSQL (first start only)']);

  const second = await start((line) => lines.push(line));
  expect(second.url()).toBe(first.url());
  expect(await query(second.url(), 'select * from kept')).toEqual([{ one: 1 }]);
  await second.stop();
  await second.stop();
  expect(lines).toHaveLength(1);
});

it('is reached by its port where the path of its socket is too long', async () => {
  const server = await startEmbeddedPostgres({
    dataDir: path.join(dataDir, 'x'.repeat(100)),
    logger: silentLogger,
  });
  expect(new URL(server.url()).search).toBe('');
  expect(await query(server.url(), 'select host(inet_client_addr()) as address')).toEqual([
    { address: '127.0.0.1' },
  ]);
  await server.stop();
});

it('is durable, local, and the same on every machine', async () => {
  const server = await start();
  const show = async (name: string) => (await query(server.url(), `show ${name}`))[0]?.[name];
  expect(await show('fsync')).toBe('on');
  expect(await show('synchronous_commit')).toBe('on');
  expect(await show('full_page_writes')).toBe('on');
  expect(await show('listen_addresses')).toBe('127.0.0.1');
  expect(await readdir(tmpdir())).not.toContain(`.s.PGSQL.${new URL(server.url()).port}`);
  expect(new URL(server.url()).searchParams.get('host')).toBe(path.join(await realpath(dataDir), 'postgres'));
  expect(await query(server.url(), 'select inet_client_addr() as address')).toEqual([{ address: null }]);
  const [database] = await query(
    server.url(),
    `select datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding, lower('ÄÖÉ') as lower
      from pg_database where datname = current_database()`,
  );
  expect(database).toEqual({ datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8', lower: 'äöé' });
  expect((await stat(path.join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
  expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres.json', 'postgres.log']);

  const [role] = await query(
    server.url(),
    'select rolname, rolsuper from pg_roles where rolname = current_user',
  );
  expect(role).toEqual({ rolname: 'gatehouse', rolsuper: false });
  const stranger = new URL(server.url());
  stranger.password = 'guess';
  await expect(query(stranger.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  await server.stop();
});

it('takes another port when its own is taken', async () => {
  const first = await start();
  const { port } = new URL(first.url());
  await first.stop();
  const { createServer } = await import('node:net');
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(Number(port), '127.0.0.1', resolve));
  const second = await start();
  expect(new URL(second.url()).port).not.toBe(port);
  expect(await query(second.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  await second.stop();
  squatter.close();
});

it('keeps statements and values out of its log', async () => {
  const server = await start();
  await query(server.url(), 'create table mail (address text primary key)');
  await query(server.url(), `insert into mail values ('ada@example.org')`);
  await expect(query(server.url(), `insert into mail values ('ada@example.org')`)).rejects.toThrow(
    /duplicate/,
  );
  await server.stop();
  expect(await readFile(path.join(dataDir, 'postgres.log'), 'utf8')).not.toMatch(/ada@|insert/);
});

describe('refuses in one clear line', () => {
  const refusal = async (folder: string) => {
    const error = await startEmbeddedPostgres({ dataDir: folder, logger: silentLogger }).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(StartupError);
    expect(error.message).not.toContain('\n');
    return error.message as string;
  };

  it('a folder that can’t be written', async () => {
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    expect(await refusal(path.join(file, 'data'))).toMatch(/^DATA_DIR .*file\/data is not writable/);
    if (root) {
      const nobody = { uid: 65534, gid: 65534 };
      const instance = await startInstance('/root/gatehouse-data', nobody);
      expect(instance.said).toMatchObject({
        name: 'StartupError',
        error: expect.stringMatching(/is not writable/),
      });
    }
  });

  it('a password that is not the cluster’s', async () => {
    await (await start()).stop();
    await writeFile(path.join(dataDir, 'postgres.json'), JSON.stringify({ password: 'other' }));
    expect(await refusal(dataDir)).toMatch(/refuses the password in postgres\.json/);
  });
});

it.runIf(root)('runs for an ordinary user', async () => {
  await chown(dataDir, 65534, 65534);
  const instance = await startInstance(dataDir, { uid: 65534, gid: 65534 });
  expect(await query(instance.said.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  const pid = await postmasterPid(dataDir);
  expect((await stat(`/proc/${pid}`)).uid).toBe(65534);
  await instance.end('SIGTERM');
  expect(isRunning(pid)).toBe(false);
});

it.runIf(root && has('setpriv'))('runs for root in a folder that only root may enter', async () => {
  const closed = path.join(dataDir, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const server = await startEmbeddedPostgres({ dataDir: path.join(closed, 'data'), logger: silentLogger });
  expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  const pid = await postmasterPid(path.join(closed, 'data'));
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  expect(status).not.toMatch(/^Uid:\s+0\b/m);
  // CAP_DAC_READ_SEARCH (bit 2) and nothing else.
  expect(status).toMatch(/^CapEff:\s+0{15}4$/m);
  await server.stop();

  // initdb asks access(2) about the programs beside it: it must say yes in a closed folder too.
  const program = path.join(closed, 'program');
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
  const runAs = await chooseUser([closed]);
  const [code] = await once(runAs.spawn('test', ['-x', program], { cwd: '/' }), 'exit');
  expect(code).toBe(0);
});
