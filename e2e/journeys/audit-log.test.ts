import { newPassword, type Person, uploadDocument } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, anyone, eventually, memberWith, otherTenant, signIn } from '../gatehouse.ts';

type Entry = {
  position: number;
  service: string;
  action: string;
  result: string;
  errorCode: string | null;
  actor: { id: string; email: string } | null;
  subject: { email: string } | null;
  subjectId: string | null;
  sessionId: string | null;
  ipAddress: string | null;
  details: Record<string, unknown>;
};
const list = `query ($filter: AuditFilter) {
  auditLog(first: 50, filter: $filter) {
    nodes {
      position service action result errorCode actor { id email } subject { email } subjectId sessionId ipAddress details
    }
  }
}`;

/** The trail of a filter, oldest first, once it is this long. */
const trail = ({ client }: Person, filter: Record<string, unknown>, length: number): Promise<Entry[]> =>
  eventually(async () => {
    const { auditLog } = await client.ask<{ auditLog: { nodes: Entry[] } }>(list, { filter });
    expect(auditLog.nodes.length).toBeGreaterThanOrEqual(length);
    return auditLog.nodes.toReversed();
  });

const change = (mutation: string) =>
  `mutation ($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { __typename } }`;

test('an administrator reads who did what to somebody, verifies it and takes it home', async () => {
  const [admin, member] = [await administrator(), await memberWith()];
  await anyone.refusal('mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
    input: { identifier: member.email, password: newPassword() },
  });
  const assign = change('assignRole');
  expect(await member.client.refusal(assign, { input: { userId: admin.id, role: 'user' } })).toBe(
    'FORBIDDEN',
  );
  await admin.client.ask(assign, { input: { userId: member.id, role: 'admin' } });
  const documentId = await uploadDocument(member.client, { name: 'plan.txt', content: 'plan' });
  await member.client.ask(change('deleteDocument'), { input: { documentId } });
  await admin.client.ask(change('disableUser'), { input: { userId: member.id, reason: 'left us' } });

  const done = await trail(admin, { subject: member.id }, 6);
  expect(done.map(({ service, action, result }) => `${service} ${action} ${result}`).toSorted()).toEqual(
    [
      'user addUser SUCCESS',
      'auth confirmRegistration SUCCESS',
      'auth login SUCCESS',
      'auth login REFUSED',
      'user assignRole SUCCESS',
      'user disableUser SUCCESS',
    ].toSorted(),
  );
  expect(done.find(({ action }) => action === 'assignRole')).toMatchObject({
    actor: { id: admin.id, email: admin.email },
    subject: { email: member.email },
    sessionId: admin.tokens.sessionId,
    ipAddress: expect.stringMatching(/127\.0\.0\.1|::1/),
    details: { role: 'admin' },
  });
  const own = await trail(admin, { actor: member.id, action: 'deleteDocument' }, 1);
  expect(own).toMatchObject([{ service: 'storage', subjectId: documentId, details: { ownerId: member.id } }]);
  const refused = await trail(admin, { actor: member.id, result: 'REFUSED' }, 1);
  expect(refused).toMatchObject([{ action: 'assignRole', errorCode: 'FORBIDDEN', subjectId: admin.id }]);

  let after = 0;
  let checkpoint: string | null = null;
  for (let complete = false; !complete; ) {
    const { verifyAuditLog: part } = await admin.client.ask<{ verifyAuditLog: Verification }>(verify, {
      after,
    });
    expect(part).toMatchObject({ intact: true, brokenAt: null, reason: null, from: after + 1 });
    ({ complete, to: after, checkpoint } = part);
  }
  expect(await admin.client.ask(verify, { checkpoint })).toMatchObject({ verifyAuditLog: { intact: true } });

  const { exportAuditLog } = await admin.client.ask<{ exportAuditLog: { url: string } }>(
    'mutation ($input: ExportAuditLogInput!) { exportAuditLog(input: $input) { url expiresAt } }',
    { input: { format: 'CSV', filter: { subject: member.id } } },
  );
  const response = await admin.client.fetch(exportAuditLog.url);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  const lines = (await response.text()).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + done.length);
  const exported = await trail(admin, { actor: admin.id, text: 'auditlog' }, 2);
  expect(exported.slice(-2).map(({ action }) => action)).toEqual(['exportAuditLog', 'downloadAuditLog']);
});

test('nobody reads it without the permission, and nobody another tenant’s', async () => {
  const [member, foreign] = [await memberWith(), await otherTenant.administrator()];
  expect(await member.client.refusal(list)).toBe('FORBIDDEN');
  expect(await member.client.refusal(verify)).toBe('FORBIDDEN');
  expect(await anyone.refusal(list)).toBe('UNAUTHENTICATED');
  const { auditLog } = await foreign.client.ask<{ auditLog: { nodes: Entry[] } }>(list, {
    filter: { subject: member.id },
  });
  expect(auditLog.nodes).toEqual([]);
});

test('50 operations at once are 50 entries in one chain', async () => {
  const [admin, member] = [await administrator(), await memberWith()];
  await Promise.all(Array.from({ length: 50 }, () => signIn(member)));
  const entries = await trail(admin, { actor: member.id, action: 'login' }, 50);
  expect(new Set(entries.map(({ position }) => position)).size).toBe(entries.length);
  const after = (entries[0]?.position ?? 1) - 1;
  expect(await admin.client.ask(verify, { after })).toMatchObject({ verifyAuditLog: { intact: true } });
});

type Verification = { intact: boolean; to: number; complete: boolean; checkpoint: string | null };
const verify = `query ($after: Int, $checkpoint: String) {
  verifyAuditLog(after: $after, checkpoint: $checkpoint) { intact from to complete brokenAt reason checkpoint }
}`;
