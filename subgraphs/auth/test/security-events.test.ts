import { newId } from '@gatehouse/data';
import type { Principal } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inUnitOfWork } from '../src/unit-of-work.ts';
import { anonymous, as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.stop());

const subscription = `subscription ($after: ID, $filter: SecurityEventFilter) {
  securityEvents(after: $after, filter: $filter) { id type severity occurredAt ipAddress user { id } details } }`;

type Event = { id: string; type: string; details: { n: number }; user: { id: string } | null };

async function open(caller: ReturnType<typeof as>, variables: Record<string, unknown> = {}) {
  const stream = await auth.subscribe(caller, subscription, variables);
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
  return {
    async take(count: number): Promise<Event[]> {
      const events: Event[] = [];
      while (events.length < count) {
        const { value, done } = await stream.next();
        if (done) break;
        events.push((value.data as { securityEvents: Event }).securityEvents);
      }
      return events;
    },
    close: () => stream.return(undefined),
  };
}

async function someone(name: string, permissions: string[]) {
  const subject = await auth.account(name, { permissions });
  const { accessToken } = await auth.login(name);
  return { subject, caller: as(await auth.principal(accessToken)) };
}

const write = (n: number, userId: string | null = null) =>
  inUnitOfWork(auth.services, async (unit) => {
    unit.securityEvent({ tenantId: auth.tenant.id, type: 'LOGIN_FAILED', userId, details: { n } });
    // Transactions of different length, so that they commit in another order than they began.
    await unit.tx.execute(`select pg_sleep(${(n % 7) / 500})`);
  });

it('reaches a subscriber gaplessly and in order, however many write at once', async () => {
  const { caller } = await someone('ada', ['security-events:read']);
  const live = await open(caller);
  const received = live.take(200);
  await Promise.all(
    Array.from({ length: 50 }, async (_, w) => {
      for (let n = 0; n < 4; n++) await write(w * 4 + n);
    }),
  );
  const events = await received;
  expect(new Set(events.map(({ details }) => details.n))).toEqual(
    new Set(Array.from({ length: 200 }, (_, n) => n)),
  );
  const { rows } = await auth.deps.database.pool.query(
    'select id, position::int from auth.security_event where tenant_id = $1 order by position',
    [auth.tenant.id],
  );
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1));
  expect(events.map(({ id }) => id)).toEqual(rows.slice(-200).map(({ id }) => id));
  await live.close();

  // A lost connection: from an event in the middle, exactly what followed it.
  const middle = events[99]?.id;
  const resumed = await open(caller, { after: middle });
  expect((await resumed.take(100)).map(({ id }) => id)).toEqual(events.slice(100).map(({ id }) => id));
  await resumed.close();
});

it('shows the own events, or all of the tenant with the permission', async () => {
  const { subject, caller } = await someone('grace', []);
  const other = await someone('alan', []);
  const list =
    'query ($f: SecurityEventFilter) { securityEvents(filter: $f) { nodes { type severity user { id } } } }';
  const own = (await auth.ask(caller, list)).data.securityEvents.nodes;
  expect(own).toEqual([{ type: 'LOGIN_SUCCEEDED', severity: 'LOW', user: { id: subject.userId } }]);
  expect(await auth.refusal(caller, list, { f: { userId: other.subject.userId } })).toBe('FORBIDDEN');
  expect(await auth.refusal(anonymous(), list)).toBe('UNAUTHENTICATED');
  const elsewhere = as({
    ...(caller.principal as Principal),
    tenantId: auth.otherTenant.id,
    permissions: ['security-events:read'],
  });
  expect((await auth.ask(elsewhere, list)).data.securityEvents.nodes).toEqual([]);

  const { caller: reader } = await someone('kurt', ['security-events:read']);
  const filtered = await auth.ask(reader, list, {
    f: { userId: other.subject.userId, types: ['LOGIN_SUCCEEDED'] },
  });
  expect(filtered.data.securityEvents.nodes).toHaveLength(1);
  expect(
    (await auth.ask(reader, list, { f: { severities: ['CRITICAL'] } })).data.securityEvents.nodes,
  ).toEqual([]);
});

it('delivers to a person only what is about them, filtered as asked', async () => {
  const { subject, caller } = await someone('barbara', []);
  const live = await open(caller, { filter: { types: ['LOGIN_FAILED'] } });
  await write(1);
  await write(2, newId());
  await write(3, subject.userId);
  await auth.login('barbara');
  await write(4, subject.userId);
  expect((await live.take(2)).map(({ details }) => details.n)).toEqual([3, 4]);
  await live.close();
});

it('refuses to resume after what the caller cannot see', async () => {
  const { caller } = await someone('edsger', []);
  const { rows } = await auth.deps.database.pool.query(
    'select id from auth.security_event where user_id is null limit 1',
  );
  for (const after of [newId(), 'x', rows[0].id]) {
    const stream = await auth.subscribe(caller, subscription, { after });
    expect(Symbol.asyncIterator in stream ? null : stream.errors?.[0]?.extensions.code).toBe(
      'BAD_USER_INPUT',
    );
  }
  const refused = await auth.subscribe(anonymous(), subscription);
  expect(Symbol.asyncIterator in refused ? null : refused.errors?.[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
});

it('is acknowledged once, by whoever may, and told so in the audit log', async () => {
  const { subject, caller } = await someone('joan', [
    'security-events:read',
    'security-events:write',
    'audit:read',
  ]);
  await write(1_000, subject.userId);
  const list = `query ($f: SecurityEventFilter) { securityEvents(filter: $f) {
    nodes { id type severity acknowledgedAt acknowledgedBy { id } } } }`;
  const filter = { userId: subject.userId, minSeverity: 'MEDIUM', acknowledged: false };
  const find = async (f: Record<string, unknown>) =>
    (await auth.ask(caller, list, { f })).data.securityEvents.nodes;
  const [event] = await find(filter);
  expect(event).toMatchObject({
    type: 'LOGIN_FAILED',
    severity: 'MEDIUM',
    acknowledgedAt: null,
    acknowledgedBy: null,
  });
  const mutation = `mutation ($id: ID!) { acknowledgeSecurityEvent(input: { eventId: $id }) {
    event { id acknowledgedAt acknowledgedBy { id } } } }`;
  const { caller: other } = await someone('jean', ['security-events:write']);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => auth.ask(n % 2 ? caller : other, mutation, { id: event.id })),
  );
  const acknowledged = answers.map(({ data }) => data.acknowledgeSecurityEvent.event);
  expect(new Set(acknowledged.map((one) => JSON.stringify(one))).size).toBe(1);
  const told = 'query ($id: ID!) { auditLog(filter: { subject: $id }) { nodes { action actorId details } } }';
  expect((await auth.ask(caller, told, { id: event.id })).data.auditLog.nodes).toEqual([
    {
      action: 'acknowledgeSecurityEvent',
      actorId: acknowledged[0].acknowledgedBy.id,
      details: { type: 'LOGIN_FAILED' },
    },
  ]);
  expect(await find(filter)).toEqual([]);
  expect(await find({ ...filter, acknowledged: true })).toHaveLength(1);
  expect(await find({ userId: subject.userId, minSeverity: 'HIGH' })).toEqual([]);
  expect(await find({ userId: subject.userId, minSeverity: 'MEDIUM', severities: ['LOW'] })).toEqual([]);

  const { caller: nobody } = await someone('kay', ['security-events:read']);
  expect(await auth.refusal(nobody, mutation, { id: event.id })).toBe('FORBIDDEN');
  expect(await auth.refusal(caller, mutation, { id: newId() })).toBe('NOT_FOUND');
  const elsewhere = as({ ...(caller.principal as Principal), tenantId: auth.otherTenant.id });
  expect(await auth.refusal(elsewhere, mutation, { id: event.id })).toBe('NOT_FOUND');
});
