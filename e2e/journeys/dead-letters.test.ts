import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { openDatabase } from '@gatehouse/data';
import { expect, test } from 'vitest';
import { eventually, gatehouse, registerAndConfirm } from '../gatehouse.ts';

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
      ['standalone/src/gatehouse.ts', 'events', ...given],
      { cwd: root, env },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

test('an operator sees what could not be handled, and has it delivered again', slow, async () => {
  const { id: userId, client } = await registerAndConfirm();
  const { pool, close } = openDatabase({
    url: gatehouse.databaseUrl,
    schema: 'platform',
    poolSize: 1,
    applicationName: 'dead letters',
  });
  try {
    const { rows: tenants } = await pool.query('select tenant_id from "user".users where id = $1', [userId]);
    const event = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/gatehouse/user',
      type: 'user.roles_changed',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: tenants[0].tenant_id,
      data: { userId, added: ['reader of dead letters'], removed: [], changedBy: 'system' },
    };
    const { rows } = await pool.query(
      `with dead as (insert into platform.event (id, envelope) values ($1, $2) returning position)
        insert into platform.event_delivery (group_name, position, type, subject, attempts, reason, died_at)
        select 'notification', position, $3, $4, 12, 'Error: it rained', now() from dead returning id`,
      [event.id, JSON.stringify(event), event.type, userId],
    );
    const id = String(rows[0].id);
    const listed = await command('list', '--group', 'notification');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(new RegExp(`^${id} .* user\\.roles_changed  12×  Error: it rained$`, 'm'));
    expect(await command('replay', 'all')).toMatchObject({
      code: 1,
      stderr: 'all is no id of a dead letter.\n',
    });
    expect(await command('replay', id, '999999999999')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'There is no dead letter with the id 999999999999.\n',
    });
    expect((await command('replay', id)).stdout).toContain('1 dead letters are delivered again.');
    await eventually(async () => {
      const { me } = await client.ask<{ me: { notifications: { nodes: { body: string }[] } } }>(
        '{ me { notifications(first: 20) { nodes { body } } } }',
      );
      expect(
        me.notifications.nodes.filter(({ body }) => body.includes('reader of dead letters')),
      ).toHaveLength(1);
    });
  } finally {
    await close();
  }
});
