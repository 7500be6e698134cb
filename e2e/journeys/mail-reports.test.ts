import { expect, test } from 'vitest';
import { administrator, anyone, eventually, mailbox, register, registerAndConfirm } from '../gatehouse.ts';
import {
  bounceOf,
  complaintOf,
  liftSuppression,
  postReport,
  settledDeliveries,
  suppressionsOf,
} from '../mail-reports.ts';

const requestReset =
  'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email codeExpiresAt } }';

test('an address that is gone is written to no more, until an administrator lifts that', async () => {
  const { client } = await administrator();
  const { email, id } = await registerAndConfirm();
  const mail = await mailbox.waitForMail({ to: email });
  const bounce = await bounceOf(mail);
  expect(await postReport(bounce)).toBe(204);
  expect(await suppressionsOf(client, email)).toMatchObject([
    { kind: 'BOUNCE', reasonCode: '5.1.1', user: { email } },
  ]);

  await anyone.ask(requestReset, { input: { email } });
  expect(await settledDeliveries(client, email, 2)).toMatchObject([
    { template: 'RESET_PASSWORD', status: 'SUPPRESSED', reasonCode: '5.1.1' },
    { template: 'CONFIRM_REGISTRATION', status: 'BOUNCED', reasonCode: '5.1.1' },
  ]);
  expect(await mailbox.mailsTo(email)).toHaveLength(1);

  const [suppression] = await suppressionsOf(client, email);
  await liftSuppression(client, suppression?.id ?? '');
  expect(await postReport(bounce)).toBe(204);
  await anyone.ask(requestReset, { input: { email } });
  await mailbox.waitForMail({ to: email, subject: /password/i });
  expect(await suppressionsOf(client, email)).toEqual([]);

  const entries = await eventually(async () => {
    const { auditLog } = await client.ask<{ auditLog: { nodes: Record<string, unknown>[] } }>(
      `query ($subject: ID) { auditLog(filter: { subject: $subject }) {
        nodes { service action actorType subjectType details } } }`,
      { subject: suppression?.id },
    );
    expect(auditLog.nodes).toHaveLength(2);
    return auditLog.nodes;
  });
  const details = { kind: 'bounce', reasonCode: '5.1.1', userId: id };
  const common = { service: 'notification', subjectType: 'suppression', details };
  expect(entries).toEqual([
    { ...common, action: 'liftSuppression', actorType: 'USER' },
    { ...common, action: 'suppressAddress', actorType: 'SYSTEM' },
  ]);
});

test('who complained of a mail can still reset their password', async () => {
  const { client } = await administrator();
  const { email } = await registerAndConfirm();
  expect(await postReport(await complaintOf(await mailbox.waitForMail({ to: email })))).toBe(204);
  // Somebody signs up with their address, to have them written to.
  await register({ email });
  await anyone.ask(requestReset, { input: { email } });
  await mailbox.waitForMail({ to: email, subject: /password/i });
  const deliveries = await settledDeliveries(client, email, 3);
  expect(deliveries.map(({ template, status }) => `${template} ${status}`).toSorted()).toEqual([
    'ADDRESS_ALREADY_REGISTERED SUPPRESSED',
    'CONFIRM_REGISTRATION COMPLAINED',
    'RESET_PASSWORD SENT',
  ]);
});
