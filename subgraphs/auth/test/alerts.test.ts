import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { newId } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { closeServer, listen } from '@gatehouse/service-kit';
import { createOutgoing } from '@gatehouse/service-kit/outgoing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliverAlerts } from '../src/alerts/deliver-alerts.ts';
import { raiseAlerts } from '../src/alerts/raise-alerts.ts';
import { inUnitOfWork } from '../src/unit-of-work.ts';
import { anonymous, as, startAuth, type TestAuth } from './harness.ts';

type Received = { headers: IncomingHttpHeaders; body: string };
let auth: TestAuth;
let receiver: Server;
let hook: string;
const received: Received[] = [];
const answers: number[] = [];
beforeAll(async () => {
  // Nothing runs by itself: the tests say when.
  auth = await startAuth({ started: false, outgoingPrivate: true });
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 204).end();
  });
  hook = `http://127.0.0.1:${await listen(receiver, { port: 0, host: '127.0.0.1' })}/hook`;
});
afterAll(async () => {
  await closeServer(receiver, 100);
  await auth.stop();
});

const deliver = () => deliverAlerts(auth.services);

async function administrator(name: string, tenantId = auth.tenant.id) {
  const permissions = ['alerts:read', 'alerts:write', 'audit:read'];
  const subject = await auth.account(name, { permissions, tenantId });
  const host = tenantId === auth.tenant.id ? undefined : 'clinicwave.com';
  return { subject, caller: as(await auth.principal((await auth.login(name, anonymous(host))).accessToken)) };
}

const fields = 'id name enabled types minSeverity threshold windowSeconds mailTo webhookUrl lastFiredAt';
const mutation = (name: string) =>
  `mutation ($i: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $i) { ${
    name === 'deleteAlertRule' ? 'ruleId' : `rule { ${fields} } webhookSecret`
  } } }`;

async function change(caller: ReturnType<typeof as>, name: string, i: Record<string, unknown>) {
  const { data, errors } = await auth.ask(caller, mutation(name), { i });
  if (errors) throw new Error(JSON.stringify(errors));
  return data[name];
}

const happen = (tenantId: string, type: 'LOGIN_FAILED' | 'ACCOUNT_LOCKED' | 'LOGGED_OUT' = 'LOGIN_FAILED') =>
  inUnitOfWork(auth.services, async (unit) => unit.securityEvent({ tenantId, type, userId: null }));

const deliveriesOf = async (ruleId: string) =>
  (
    await auth.deps.database.pool.query(
      'select status, attempts, last_error, user_id, body from auth.alert_delivery where rule_id = $1 order by id',
      [ruleId],
    )
  ).rows;

it('is mailed and posted, signed, when there are too many events in its window, and once', async () => {
  const { subject, caller } = await administrator('ada');
  const tenantId = auth.tenant.id;
  await happen(tenantId);
  const { rule, webhookSecret } = await change(caller, 'createAlertRule', {
    name: 'Too many failures',
    types: ['LOGIN_FAILED'],
    threshold: 3,
    windowSeconds: 60,
    mailTo: [subject.userId],
    webhookUrl: hook,
  });
  await happen(tenantId);
  await happen(tenantId);
  await happen(tenantId, 'ACCOUNT_LOCKED');
  await raiseAlerts(auth.services);
  expect(await deliveriesOf(rule.id)).toEqual([]);

  // Two more: the third sets it off, the fourth is in the same window. However many look at once.
  await happen(tenantId);
  await happen(tenantId);
  await Promise.all(Array.from({ length: 10 }, () => raiseAlerts(auth.services)));
  expect(await deliveriesOf(rule.id)).toHaveLength(2);
  await Promise.all(Array.from({ length: 5 }, deliver));

  expect(auth.mails).toMatchObject([
    {
      to: subject.email,
      template: 'SECURITY_ALERT',
      parameters: { rule: 'Too many failures', count: 3, windowSeconds: 60, eventType: 'LOGIN_FAILED' },
    },
  ]);
  expect(received).toHaveLength(1);
  const [{ headers, body }] = received as [Received];
  expect(JSON.parse(body)).toMatchObject({
    type: 'security.alert',
    tenantId,
    rule: { id: rule.id, name: 'Too many failures' },
    count: 3,
    event: { type: 'LOGIN_FAILED', severity: 'MEDIUM' },
  });
  const signed = `${headers['gatehouse-webhook-id']}.${headers['gatehouse-webhook-timestamp']}.${body}`;
  expect(headers['gatehouse-webhook-signature']).toBe(
    `v1=${createHmac('sha256', webhookSecret).update(signed).digest('hex')}`,
  );
  expect(Math.abs(Number(headers['gatehouse-webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(10);

  const list =
    '{ alertRules { nodes { name lastFiredAt deliveries { status attempts lastError userId } } } }';
  const [shown] = (await auth.ask(caller, list)).data.alertRules.nodes;
  expect(shown.lastFiredAt).not.toBeNull();
  expect(shown.deliveries.map(({ status }: { status: string }) => status)).toEqual([
    'DELIVERED',
    'DELIVERED',
  ]);

  // The window over, it may fire again.
  await auth.deps.database.pool.query(
    "update auth.alert_rule set last_fired_at = last_fired_at - interval '2 minutes' where id = $1",
    [rule.id],
  );
  await happen(tenantId);
  await raiseAlerts(auth.services);
  expect(await deliveriesOf(rule.id)).toHaveLength(4);

  const stored = JSON.stringify((await auth.deps.database.pool.query('select * from auth.alert_rule')).rows);
  const told = JSON.stringify((await auth.deps.database.pool.query('select * from auth.audit_entry')).rows);
  for (const text of [stored, told]) expect(text).not.toContain(webhookSecret);
  expect(told).toContain('createAlertRule');
  await change(caller, 'deleteAlertRule', { ruleId: rule.id });
});

it('is tried again, later and later, and given up in the end', async () => {
  const { caller } = await administrator('grace');
  const { rule } = await change(caller, 'createAlertRule', {
    name: 'Locks',
    minSeverity: 'HIGH',
    webhookUrl: hook,
  });
  received.length = 0;
  answers.push(500, 302);
  await happen(auth.tenant.id, 'LOGGED_OUT');
  await happen(auth.tenant.id, 'ACCOUNT_LOCKED');
  await raiseAlerts(auth.services);
  const { pool } = auth.deps.database;
  const due = () =>
    pool.query("update auth.alert_delivery set next_attempt_at = now() where status = 'WAITING'");
  await deliver();
  expect(await deliveriesOf(rule.id)).toMatchObject([
    { status: 'WAITING', attempts: 1, last_error: 'answered with status 500' },
  ]);
  await deliver();
  expect(received).toHaveLength(1);
  await due();
  await deliver();
  expect(await deliveriesOf(rule.id)).toMatchObject([
    { attempts: 2, last_error: 'answered with status 302' },
  ]);
  await due();
  await deliver();
  expect(await deliveriesOf(rule.id)).toMatchObject([{ status: 'DELIVERED', attempts: 3, last_error: null }]);
  const ids = received.map(({ headers }) => headers['gatehouse-webhook-id']);
  expect(new Set(ids).size).toBe(1);

  await pool.query(
    "update auth.alert_delivery set status = 'WAITING', attempts = 13, next_attempt_at = now() where rule_id = $1",
    [rule.id],
  );
  answers.push(500);
  await deliver();
  expect(await deliveriesOf(rule.id)).toMatchObject([{ status: 'GIVEN_UP', attempts: 14 }]);
  await change(caller, 'deleteAlertRule', { ruleId: rule.id });
});

it('never reaches a private address, whatever its name says', async () => {
  const { caller } = await administrator('alan');
  const { rule } = await change(caller, 'createAlertRule', {
    name: 'Inside',
    webhookUrl: hook.replace('http://127.0.0.1', 'http://hooks.example.com'),
  });
  await auth.deps.database.pool.query(
    "update auth.alert_rule set webhook_url = replace(webhook_url, 'http:', 'https:') where id = $1",
    [rule.id],
  );
  received.length = 0;
  await happen(auth.tenant.id);
  await raiseAlerts(auth.services);
  const guarded = createOutgoing({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
  await deliverAlerts({ ...auth.services, outgoing: guarded });
  await guarded.close();
  expect(received).toEqual([]);
  expect(await deliveriesOf(rule.id)).toMatchObject([
    { status: 'WAITING', last_error: 'the address is private' },
  ]);
  await change(caller, 'deleteAlertRule', { ruleId: rule.id });
});

it('is refused when it could tell nobody, or somebody it must not', async () => {
  const { subject, caller } = await administrator('edsger');
  const foreigner = auth.person('foreigner', { tenantId: auth.otherTenant.id });
  const secure = { ...auth.services.config };
  auth.services.config.outgoingPrivate = false;
  const create = (i: Record<string, unknown>) =>
    auth
      .ask(caller, mutation('createAlertRule'), { i: { name: 'x', ...i } })
      .then(({ errors }) => [errors?.[0]?.extensions.code, errors?.[0]?.extensions.fields?.[0]?.path]);
  expect(await create({})).toEqual(['BAD_USER_INPUT', 'mailTo']);
  expect(await create({ mailTo: [newId()] })).toEqual(['BAD_USER_INPUT', 'mailTo']);
  expect(await create({ mailTo: [foreigner.userId] })).toEqual(['BAD_USER_INPUT', 'mailTo']);
  for (const webhookUrl of [
    'http://example.com/',
    'https://127.0.0.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://localhost/',
    'https://a:b@example.com/',
    'javascript:alert(1)',
  ]) {
    expect(await create({ webhookUrl }), webhookUrl).toEqual(['BAD_USER_INPUT', 'webhookUrl']);
  }
  expect(await create({ mailTo: [subject.userId], threshold: 0 })).toEqual(['BAD_USER_INPUT', 'threshold']);
  expect(await create({ mailTo: [subject.userId], windowSeconds: 1 })).toEqual([
    'BAD_USER_INPUT',
    'windowSeconds',
  ]);
  auth.services.config.outgoingPrivate = secure.outgoingPrivate;
});

it('is changed by whoever may; another URL has another key', async () => {
  const { subject, caller } = await administrator('barbara');
  const { rule, webhookSecret } = await change(caller, 'createAlertRule', { name: 'a', webhookUrl: hook });
  const renamed = await change(caller, 'updateAlertRule', { ruleId: rule.id, name: 'b', enabled: false });
  expect(renamed).toMatchObject({
    rule: { name: 'b', enabled: false, webhookUrl: hook },
    webhookSecret: null,
  });
  const moved = await change(caller, 'updateAlertRule', { ruleId: rule.id, webhookUrl: `${hook}/2` });
  expect(moved.webhookSecret).toMatch(/^whsec_/);
  expect(moved.webhookSecret).not.toBe(webhookSecret);
  await happen(auth.tenant.id);
  await raiseAlerts(auth.services);
  expect(await deliveriesOf(rule.id)).toEqual([]);
  expect(
    await auth.refusal(caller, mutation('updateAlertRule'), { i: { ruleId: rule.id, webhookUrl: null } }),
  ).toBe('BAD_USER_INPUT');
  const mailed = await change(caller, 'updateAlertRule', {
    ruleId: rule.id,
    webhookUrl: null,
    mailTo: [subject.userId],
  });
  expect(mailed.rule).toMatchObject({ webhookUrl: null, mailTo: [subject.userId] });

  const elsewhere = as({ ...(caller.principal as Principal), tenantId: auth.otherTenant.id });
  const nobody = as({ ...(caller.principal as Principal), permissions: ['alerts:read'] });
  for (const name of ['updateAlertRule', 'deleteAlertRule']) {
    expect(await auth.refusal(elsewhere, mutation(name), { i: { ruleId: rule.id } })).toBe('NOT_FOUND');
    expect(await auth.refusal(nobody, mutation(name), { i: { ruleId: rule.id } })).toBe('FORBIDDEN');
  }
  expect((await auth.ask(elsewhere, '{ alertRules { nodes { id } } }')).data.alertRules.nodes).toEqual([]);
  await change(caller, 'deleteAlertRule', { ruleId: rule.id });
});

it('does not look at what happened before it was made, or in another tenant', async () => {
  const { subject, caller } = await administrator('kurt', auth.otherTenant.id);
  await happen(auth.otherTenant.id);
  const { rule } = await change(caller, 'createAlertRule', { name: 'a', mailTo: [subject.userId] });
  await happen(auth.tenant.id);
  await raiseAlerts(auth.services);
  expect(await deliveriesOf(rule.id)).toEqual([]);
  await happen(auth.otherTenant.id);
  await raiseAlerts(auth.services);
  expect(await deliveriesOf(rule.id)).toHaveLength(1);
});
