import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { newContent, type Person, people, uploadDocument } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeployment, type Deployment, nodeFlags } from '../topology/deployment.ts';
import { freePorts } from '../topology/free-ports.ts';
import { processesOf } from '../topology/processes.ts';
import { runToEnd } from './run-to-end.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'));
const archive = join(folder, 'backup.tar.gz');
const content = newContent(3_000_000);
let deployment: Deployment;
/** Who was there before the backup, with the tokens of then. */
let member: Person;
let documentId = '';

function command(args: string[], env: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [...nodeFlags, 'standalone/src/gatehouse.ts', ...args], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { PATH, HOME, ...env },
  });
}

async function run(args: string[], env: Record<string, string>) {
  const child = command(args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, output };
}

/** What lies in a folder, to see whether it was touched. */
const everything = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    })
    .toSorted();

const dataDirOf = (name: string) => join(folder, name);

beforeAll(async () => {
  deployment = await createDeployment('standalone', { LOG_LEVEL: 'warn' });
  await deployment.start();
  const story = people(deployment);
  const { client: admin } = await story.administrator();
  member = await story.memberWith();
  documentId = await uploadDocument(member.client, { name: 'kept.bin', content });

  // While people come in, are given roles and send documents.
  const traffic = new AbortController();
  const arrivals = Array.from({ length: 3 }, async () => {
    while (!traffic.signal.aborted) {
      const person = await story.memberWith();
      await uploadDocument(person.client, { name: 'passing.bin', content: newContent(600_000) });
      await admin.ask('mutation ($input: AssignRoleInput!) { assignRole(input: $input) { __typename } }', {
        input: { userId: person.id, role: 'admin' },
      });
    }
  });
  const made = await run(['backup', archive], { DATA_DIR: deployment.dataDir });
  traffic.abort();
  await Promise.all(arrivals);
  expect(made.output).toContain(archive);
  expect(made.code).toBe(0);
}, 120_000);

afterAll(async () => {
  await deployment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('an archive is readable by its owner only, and not overwritten', async () => {
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const again = await run(['backup', archive], { DATA_DIR: deployment.dataDir });
  expect(again).toMatchObject({ code: 1, output: expect.stringMatching(/exists already/) });
  const inside = await run(['backup', join(deployment.dataDir, 'x.tar.gz')], {
    DATA_DIR: deployment.dataDir,
  });
  expect(inside).toMatchObject({ code: 1, output: expect.stringMatching(/lies in DATA_DIR/) });
});

test.each(['DATABASE_URL', 'MONGODB_URL', 'STORAGE_URL'])(
  'nothing is backed up in part: %s',
  async (name) => {
    const url = name === 'MONGODB_URL' ? 'mongodb://127.0.0.1/x' : 'postgres://127.0.0.1/x';
    const given = name === 'STORAGE_URL' ? 'http://127.0.0.1:1' : url;
    const refused = await run(['backup', join(folder, 'part.tar.gz')], {
      DATA_DIR: deployment.dataDir,
      [name]: given,
    });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(name) });
    expect(existsSync(join(folder, 'part.tar.gz'))).toBe(false);
  },
);

describe('a restore is refused, and changes nothing,', () => {
  const into = (name: string) => {
    const dataDir = dataDirOf(name);
    mkdirSync(dataDir);
    return dataDir;
  };
  const refused = async (file: string, dataDir: string, reason: RegExp, args: string[] = []) => {
    const before = everything(dataDir);
    expect(await run(['restore', file, ...args], { DATA_DIR: dataDir })).toMatchObject({
      code: 1,
      output: expect.stringMatching(reason),
    });
    expect(everything(dataDir)).toEqual(before);
  };
  const altered = (name: string, change: (bytes: Buffer) => Buffer) => {
    const file = join(folder, name);
    writeFileSync(file, change(readFileSync(archive)));
    return file;
  };

  test('of a folder that is not empty', async () => {
    const dataDir = into('occupied');
    writeFileSync(join(dataDir, 'notes.txt'), 'mine');
    await refused(archive, dataDir, /not empty.*--replace/);
  });

  test('of a running instance', async () => {
    const args = { DATA_DIR: deployment.dataDir };
    expect(await run(['restore', archive, '--replace'], args)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/An instance runs/),
    });
    expect(await people(deployment).administrator()).toBeTruthy();
  });

  test('from a truncated archive, a damaged one, one that is no archive and one that is not there', async () => {
    const dataDir = into('untouched');
    await refused(
      altered('half.tar.gz', (bytes) => bytes.subarray(0, bytes.length / 2)),
      dataDir,
      /damaged/,
    );
    const flipped = (bytes: Buffer) => {
      const tar = gunzipSync(bytes);
      const at = tar.indexOf('kept') > 0 ? tar.indexOf('kept') : tar.length / 2;
      tar.writeUInt8(tar.readUInt8(at) ^ 1, at);
      return gzipSync(tar, { level: 1 });
    };
    await refused(altered('flipped.tar.gz', flipped), dataDir, /damaged/);
    await refused(
      altered('text.tar.gz', () => Buffer.from('not an archive')),
      dataDir,
      /damaged/,
    );
    const withoutEnd = (bytes: Buffer) => {
      const tar = gunzipSync(bytes);
      return gzipSync(tar.subarray(0, tar.lastIndexOf('manifest.json')), { level: 1 });
    };
    await refused(altered('endless.tar.gz', withoutEnd), dataDir, /damaged/);
    await refused(join(folder, 'nowhere.tar.gz'), dataDir, /can't be restored/);
  });

  test('from an archive of a newer version', async () => {
    const newer = (bytes: Buffer) => {
      const tar = gunzipSync(bytes);
      tar.write('{"format":9', tar.lastIndexOf('{"format":1'));
      return gzipSync(tar, { level: 1 });
    };
    await refused(altered('newer.tar.gz', newer), into('older'), /newer version/);
  });
});

test('what is restored is what was there: people, tokens, documents, the audit log', async () => {
  const before = await people(deployment).administrator();
  // After the backup: it is not in it.
  const late = await people(deployment).memberWith();
  await deployment.stop();
  const { dataDir } = deployment;
  const restored = await run(['restore', archive, '--replace'], { DATA_DIR: dataDir });
  expect(restored.output).toMatch(/is as it was/);
  expect(readdirSync(dataDir)).not.toContain('restore');
  await deployment.start();

  const mine = await member.client.ask<{ me: { email: string; documents: { nodes: { id: string }[] } } }>(
    '{ me { email documents(first: 5) { nodes { id } } } }',
  );
  expect(mine.me).toEqual({ email: member.email, documents: { nodes: [{ id: documentId }] } });
  const { document } = await member.client.ask<{ document: { downloadUrl: string } }>(
    'query ($id: ID!) { document(id: $id) { downloadUrl } }',
    { id: documentId },
  );
  const bytes = Buffer.from(await (await member.client.fetch(document.downloadUrl)).arrayBuffer());
  expect(bytes.equals(content)).toBe(true);
  expect(before.id).toBe((await people(deployment).administrator()).id);

  const { client: admin } = await people(deployment).administrator();
  const { verifyAuditLog } = await admin.ask<{ verifyAuditLog: { brokenAt: number | null } }>(
    'query { verifyAuditLog { brokenAt reason } }',
  );
  expect(verifyAuditLog.brokenAt).toBeNull();
  // Documents of those who came in meanwhile are whole, whoever made it into the copy.
  const { users } = await admin.ask<{
    users: { nodes: { email: string; documents: { nodes: Stored[] } }[] };
  }>('{ users(first: 50) { nodes { email documents(first: 5) { nodes { size downloadUrl } } } } }');
  expect(users.nodes.map(({ email }) => email)).not.toContain(late.email);
  for (const { size, downloadUrl } of users.nodes.flatMap(({ documents }) => documents.nodes)) {
    if (downloadUrl === null) continue;
    expect((await (await admin.fetch(downloadUrl)).arrayBuffer()).byteLength).toBe(size);
  }
  await deployment.stop();
}, 120_000);

type Stored = { size: number; downloadUrl: string | null };

test('killed at any point, a restore leaves a folder that no start takes, and that it can do again', async () => {
  const dataDir = dataDirOf('killed');
  const env = { DATA_DIR: dataDir };
  // While it unpacks, and while its database runs.
  for (const reached of ['restore/data/postgres/global', 'restore/data/postgres/postmaster.pid']) {
    const child = command(['restore', archive], env);
    const ended = new Promise((done) => child.once('close', done));
    while (!existsSync(join(dataDir, reached)) && child.exitCode === null)
      await new Promise((done) => setTimeout(done, 5));
    child.kill('SIGKILL');
    await ended;
    expect(child.signalCode).toBe('SIGKILL');
    const start = await runToEnd({ ...env, PORT: String(await freePorts(1)) });
    expect(start).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/restore .*interrupted: run it again/),
    });
  }
  expect(await run(['restore', archive], env)).toMatchObject({ code: 0 });
  expect(await processesOf(-1, dataDir).then((left) => left.length)).toBe(0);
  expect(existsSync(join(dataDir, 'postgres', 'PG_VERSION'))).toBe(true);
  // The folder is no longer empty.
  expect(await run(['restore', archive], env)).toMatchObject({ code: 1 });
}, 120_000);
