import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { closeServer, listen } from '@gatehouse/service-kit';
import { newPassword, type Person } from '@gatehouse/testkit/clients';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { administrator, anyone, eventually, mailbox, memberWith } from '../gatehouse.ts';

let receiver: Server;
let url: string;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
  url = `http://127.0.0.1:${await listen(receiver, { port: 0, host: '127.0.0.1' })}/`;
});
afterAll(() => closeServer(receiver, 100));

const failToSignIn = ({ email }: Person) =>
  anyone.refusal('mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
    input: { identifier: email, password: newPassword() },
  });

test('an administrator is alerted of a locked account, by mail and webhook, and acknowledges it', async () => {
  const [admin, guard, victim] = [await administrator(), await memberWith(['admin']), await memberWith()];
  const { createAlertRule: made } = await admin.client.ask<{
    createAlertRule: { rule: { id: string }; webhookSecret: string };
  }>(
    'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } webhookSecret } }',
    {
      input: {
        name: 'Locked out',
        types: ['ACCOUNT_LOCKED'],
        minSeverity: 'HIGH',
        mailTo: [guard.id],
        webhookUrl: url,
      },
    },
  );
  for (let n = 0; n < 5; n++) await failToSignIn(victim);

  const mail = await mailbox.waitForMail({ to: guard.email, subject: /Security alert .*Locked out/ });
  expect(mail.text).toContain('account locked');
  await eventually(async () => expect(received).not.toEqual([]));
  const { headers, body } = received[0] as (typeof received)[number];
  const signed = `${headers['gatehouse-webhook-id']}.${headers['gatehouse-webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', made.webhookSecret).update(signed).digest('hex');
  expect(headers['gatehouse-webhook-signature']).toBe(`v1=${signature}`);
  const { event } = JSON.parse(body);
  expect(event).toMatchObject({ type: 'ACCOUNT_LOCKED', severity: 'HIGH', userId: victim.id });

  const { acknowledgeSecurityEvent: done } = await guard.client.ask<{
    acknowledgeSecurityEvent: { event: unknown };
  }>(
    `mutation ($input: AcknowledgeSecurityEventInput!) {
      acknowledgeSecurityEvent(input: $input) { event { type acknowledgedBy { email } } } }`,
    { input: { eventId: event.id } },
  );
  expect(done.event).toEqual({ type: 'ACCOUNT_LOCKED', acknowledgedBy: { email: guard.email } });
  const open = `query ($id: ID!) { securityEvents(
    filter: { userId: $id, minSeverity: HIGH, acknowledged: false }) { nodes { id } } }`;
  expect(await admin.client.ask(open, { id: victim.id })).toEqual({ securityEvents: { nodes: [] } });
  await admin.client.ask(
    'mutation ($input: DeleteAlertRuleInput!) { deleteAlertRule(input: $input) { ruleId } }',
    { input: { ruleId: made.rule.id } },
  );
});
