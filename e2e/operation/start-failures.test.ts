import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freePorts } from '../topology/free-ports.ts';
import { processesOf } from '../topology/processes.ts';
import { runToEnd } from './run-to-end.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
let fresh = 0;
const freshFolder = () => join(folder, `data-${fresh++}`);
const freePort = async () => String(await freePorts(1));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Refused in one clear line, with nothing left behind: neither a process nor something half-made. */
async function refused(env: Record<string, string>, reason: RegExp, lines = 1): Promise<string> {
  const made = existsSync(env.DATA_DIR ?? '');
  const { code, stderr, stdout } = await runToEnd({ PORT: await freePort(), ...env });
  expect(stderr).toMatch(reason);
  expect(stderr.trim().split('\n')).toHaveLength(lines);
  expect(stdout).not.toMatch(/ready/i);
  expect(code).toBe(1);
  if (!made && env.DATA_DIR) {
    expect(await processesOf(0, env.DATA_DIR)).toEqual([]);
    expect(existsSync(join(env.DATA_DIR, 'postgres')), 'a database was made').toBe(false);
  }
  return stderr;
}

describe.concurrent('it does not start, and says why in one line:', () => {
  test('wrong environment values, all named at once, none repeated', async () => {
    const env = { DATA_DIR: freshFolder(), PORT: 'eighty', LOG_LEVEL: 'shouting', BCRYPT_COST: '99' };
    const stderr = await refused(env, /not valid/, 4);
    for (const name of ['PORT', 'LOG_LEVEL', 'BCRYPT_COST']) expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/eighty|shouting/);
    expect(existsSync(env.DATA_DIR)).toBe(false);
  });

  test('the port is taken', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((listening) => server.listen(Number(port), '127.0.0.1', listening));
    await refused({ DATA_DIR: freshFolder(), PORT: port }, new RegExp(`${port} is already in use.*PORT`));
    server.close();
  });

  test('the port of the metrics is taken, or that of everything else', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((listening) => server.listen(Number(port), '127.0.0.1', listening));
    const taken = new RegExp(`${port} is already in use.*METRICS_PORT`);
    await refused({ DATA_DIR: freshFolder(), METRICS_PORT: port }, taken);
    await refused({ DATA_DIR: freshFolder(), METRICS_PORT: port, WORKERS: '2' }, taken);
    server.close();
    await refused({ DATA_DIR: freshFolder(), PORT: port, METRICS_PORT: port }, /METRICS_PORT.*another port/);
    await refused({ DATA_DIR: freshFolder(), METRICS_PORT: 'public' }, /METRICS_PORT: must be a whole/, 2);
  });

  test('the database can’t be reached', async () => {
    const port = await freePort();
    const url = `postgres://gatehouse:a-password@127.0.0.1:${port}/gatehouse`;
    await refused({ DATA_DIR: freshFolder(), DATABASE_URL: url }, new RegExp(`127\\.0\\.0\\.1:${port}`));
    const { stderr } = await runToEnd({ DATA_DIR: freshFolder(), DATABASE_URL: url, PORT: await freePort() });
    expect(stderr).not.toContain('a-password');
  });

  test('a manifest of trusted documents can’t be read, or does not hold', async () => {
    // Found only when the schema is there.
    const file = freshFolder();
    const start = async () =>
      (await runToEnd({ DATA_DIR: freshFolder(), PORT: await freePort(), TRUSTED_DOCUMENTS: file })).stderr;
    expect(await start()).toContain(`${file} can't be read`);
    writeFileSync(file, JSON.stringify({ old: 'query Old { gone }' }));
    expect(await start()).toContain('Old does not hold: Cannot query field "gone"');
  });

  test('the data folder is from a newer version', async () => {
    const dataDir = freshFolder();
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'version.json'), JSON.stringify({ layout: 999 }));
    await refused({ DATA_DIR: dataDir }, /newer version/);
    expect(readdirSync(dataDir)).toEqual(['version.json']);
  });

  test('the data folder is a file', async () => {
    const file = freshFolder();
    writeFileSync(file, 'not a folder');
    await refused({ DATA_DIR: file }, /DATA_DIR/);
    expect(readFileSync(file, 'utf8')).toBe('not a folder');
  });

  test('the data folder can’t be written', async () => {
    const dataDir = freshFolder();
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o500);
    // Root may write anywhere but where the kernel forbids it.
    await refused({ DATA_DIR: process.getuid?.() === 0 ? '/sys/gatehouse' : dataDir }, /DATA_DIR/);
    chmodSync(dataDir, 0o700);
    expect(readdirSync(dataDir)).toEqual([]);
  });
});
