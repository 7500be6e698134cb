import { execFileSync, spawn } from 'node:child_process';
import { chown, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@gatehouse/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts';
import { cleanUp, isRunning, postmasterPid, query, startInstance, temporaryFolder } from './harness.ts';

const root = process.getuid?.() === 0;
let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => cleanUp(dataDir));

it('adopts the server of a killed process', async () => {
  const killed = await startInstance(dataDir);
  await query(killed.said.url, 'create table kept as select 1 as one');
  const pid = await postmasterPid(dataDir);
  await killed.end('SIGKILL');
  expect(isRunning(pid)).toBe(true);

  const next = await startInstance(dataDir);
  expect(await postmasterPid(dataDir)).toBe(pid);
  expect(await query(next.said.url, 'select * from kept')).toEqual([{ one: 1 }]);
  await next.end('SIGTERM');
  expect(isRunning(pid)).toBe(false);
});

it('recovers by itself when everything was killed', async () => {
  const killed = await startInstance(dataDir);
  await query(killed.said.url, 'create table kept as select n from generate_series(1, 10000) n');
  const pid = await postmasterPid(dataDir);
  const children = execFileSync('ps', ['--ppid', String(pid), '-o', 'pid='], { encoding: 'utf8' });
  for (const one of [killed.child.pid, pid, ...children.trim().split(/\s+/).map(Number)]) {
    if (one) process.kill(one, 'SIGKILL');
  }
  await killed.end('SIGKILL');

  const next = await startInstance(dataDir);
  expect(await query(next.said.url, 'select count(*)::int as count from kept')).toEqual([{ count: 10_000 }]);
  await next.end('SIGTERM');
});

it('starts although its locks name a process that got the number since', async () => {
  await (await startEmbeddedPostgres({ dataDir, logger: silentLogger })).stop();
  const owner = root
    ? {
        uid: Number(execFileSync('id', ['-u', 'postgres'])),
        gid: Number(execFileSync('id', ['-g', 'postgres'])),
      }
    : undefined;
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore', ...owner });
  const { port } = JSON.parse(await readFile(path.join(dataDir, 'postgres.json'), 'utf8'));
  const lines = [bystander.pid, `${dataDir}/postgres`, 1_700_000_000, port, '.'];
  for (const [name, last] of [
    ['postmaster.pid', '127.0.0.1\n  1 0\nready   \n'],
    [`.s.PGSQL.${port}.lock`, ''],
  ] as const) {
    const file = path.join(dataDir, 'postgres', name);
    await writeFile(file, `${lines.join('\n')}\n${last}`, { mode: 0o600 });
    if (owner) await chown(file, owner.uid, owner.gid);
  }

  const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(bystander.exitCode).toBeNull();
  await server.stop();
  expect(bystander.exitCode).toBeNull();
  bystander.kill();
});

it('never leaves half a cluster when it is killed while preparing one', async () => {
  const cut = startInstance(dataDir);
  const killed = vi.waitFor(
    async () => {
      expect((await readdir(dataDir)).some((name) => name.startsWith('postgres.tmp-'))).toBe(true);
    },
    { interval: 5, timeout: 10_000 },
  );
  await killed;
  await delay(100);
  // The promise resolves when the process is gone; until then it is found by its folder.
  const pid = Number(
    execFileSync('pgrep', ['-f', `instance.ts ${dataDir}`], { encoding: 'utf8' }).split('\n')[0],
  );
  process.kill(pid, 'SIGKILL');
  expect((await cut).said.error).toBe('exited silently');
  expect(await readdir(dataDir)).not.toContain('postgres');

  await delay(1_000);
  const next = await startInstance(dataDir);
  expect(await query(next.said.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect((await readdir(dataDir)).filter((name) => name.includes('tmp'))).toEqual([]);
  await next.end('SIGTERM');
});

it('brings a server back that ended under it', async () => {
  const server = await startEmbeddedPostgres({ dataDir, logger: silentLogger });
  const pid = await postmasterPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]), {
    timeout: 10_000,
  });
  expect(await postmasterPid(dataDir)).not.toBe(pid);
  await server.stop();
});
