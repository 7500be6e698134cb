import { readMetrics, startTestPrimary } from '@gatehouse/testkit';
import { newAddress, type Person, people } from '@gatehouse/testkit/clients';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

const addUser = 'mutation ($input: AddUserInput!) { addUser(input: $input) { user { id } } }';
const auditLog = '{ auditLog(first: 100) { nodes { action position } } }';
const exported =
  'mutation ($input: ExportAuditLogInput!) { exportAuditLog(input: $input) { url expiresAt } }';

const addressesSeenBy = async ({ client }: Person): Promise<string[]> => {
  const { users } = await client.ask<{ users: { nodes: { email: string }[] } }>(
    '{ users(first: 100) { nodes { email } } }',
  );
  return users.nodes.map(({ email }) => email);
};

async function readsBy(server: string, { metricsUrls }: Deployment): Promise<number> {
  const response = await fetch(metricsUrls.user ?? '');
  return readMetrics(await response.text()).sum('gatehouse_database_reads_total', { server });
}

test('lists of administration are read from a standby; who writes sees it, and a file has all there is', async () => {
  const primary = await startTestPrimary();
  const standby = await primary.startStandby();
  const admin = new pg.Client({ connectionString: standby.adminUrl });
  const deployment = await createDeployment('distributed', {
    DATABASE_URL: primary.url(),
    DATABASE_REPLICA_URL: standby.url(),
    DATABASE_REPLICA_MAX_LAG: '600',
    DATABASE_POOL_SIZE: '3',
  });
  try {
    await deployment.start();
    await admin.connect();
    const { administrator, memberWith } = people(deployment);
    const [writer, reader] = [await administrator(), await memberWith(['admin'])];
    const server = new URL(standby.url()).host;
    await vi.waitFor(
      async () => {
        expect(await addressesSeenBy(reader)).toContain(reader.email);
        expect(await readsBy(server, deployment)).toBeGreaterThan(0);
      },
      { timeout: 15_000, interval: 100 },
    );

    await admin.query('select pg_wal_replay_pause()');
    const email = newAddress();
    await writer.client.ask(addUser, { input: { email } });
    expect(await addressesSeenBy(writer)).toContain(email);
    expect(await addressesSeenBy(reader)).not.toContain(email);
    const added = await vi.waitFor(
      async () => {
        const log = await writer.client.ask<{ auditLog: { nodes: { action: string; position: number }[] } }>(
          auditLog,
        );
        const additions = log.auditLog.nodes.filter(({ action }) => action === 'addUser');
        expect(additions).toHaveLength(2);
        return Math.max(...additions.map(({ position }) => position));
      },
      { timeout: 15_000, interval: 100 },
    );
    const { exportAuditLog } = await writer.client.ask<{ exportAuditLog: { url: string } }>(exported, {
      input: { format: 'JSONL' },
    });
    const lines = (await (await fetch(exportAuditLog.url)).text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).position).slice(0, added)).toEqual(
      Array.from({ length: added }, (_, index) => index + 1),
    );

    await admin.end();
    await standby.stop();
    expect(await addressesSeenBy(reader)).toContain(email);
  } finally {
    await deployment.remove();
    await admin.end().catch(() => {});
    await standby.stop().catch(() => {});
    await primary.stop();
  }
});
