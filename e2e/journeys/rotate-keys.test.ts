import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { administrator, anyone, gatehouse, otherTenant, registerAndConfirm } from '../gatehouse.ts';
import { nodeFlags } from '../topology/deployment.ts';

/** Each command is a process that loads the product. */
const slow = { timeout: 90_000 };
const root = resolve(import.meta.dirname, '../..');

/** Runs the command beside the deployment, as its operator would. */
const command = (...given: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, DATA_DIR: dirname(gatehouse.secretsFile), PUBLIC_URL: gatehouse.url };
    execFile(
      process.execPath,
      [...nodeFlags, 'standalone/src/gatehouse.ts', ...given],
      { cwd: root, env },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

const keyOf = ({ stdout }: { stdout: string }) => /key (\S+) is published/.exec(stdout)?.[1];
type Entry = { action: string; actorType: string; details: { keyId?: string } };
const rotations =
  '{ auditLog(filter: { action: "rotateSigningKeys" }) { nodes { action actorType details } } }';

test('a command gives one tenant its next signing key while it is served', slow, async () => {
  const { host } = new URL(gatehouse.url);
  const first = await command('keys', 'rotate', '--tenant', host);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const keyId = keyOf(first);
  expect(keyId).toBeTruthy();
  // Once published it is not replaced before it has signed.
  expect(keyOf(await command('keys', 'rotate', '--tenant', host))).toBe(keyId);

  const { client: ours } = await administrator();
  const { auditLog } = await ours.ask<{ auditLog: { nodes: Entry[] } }>(rotations);
  expect(auditLog.nodes.filter(({ details }) => details.keyId === keyId)).toEqual([
    expect.objectContaining({ action: 'rotateSigningKeys', actorType: 'SYSTEM' }),
  ]);
  const { client: theirs } = await otherTenant.administrator();
  const { auditLog: none } = await theirs.ask<{ auditLog: { nodes: Entry[] } }>(rotations);
  expect(none.nodes.filter(({ details }) => details.keyId === keyId)).toEqual([]);

  // Nobody notices.
  const ada = await registerAndConfirm();
  expect(await anyone.as(ada.tokens.accessToken).refusal('{ me { id } }')).toBeNull();
});

test('a command that can’t be carried out says so in a line', slow, async () => {
  const unknown = await command('keys', 'rotate', '--tenant', 'nobody.example.com');
  expect(unknown).toEqual({
    code: 1,
    stdout: '',
    stderr: 'The host nobody.example.com belongs to no tenant.\n',
  });
  for (const wrong of [
    ['keys', 'rotate', '--all'],
    ['users', 'delete'],
  ]) {
    const { code, stderr } = await command(...wrong);
    expect(code).toBe(1);
    expect(stderr).toContain('Usage: npm run gatehouse');
  }
});
