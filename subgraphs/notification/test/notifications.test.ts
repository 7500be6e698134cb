import { newId } from '@gatehouse/data';
import { parse, subscribe } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages } from '../src/queries/mailbox.ts';
import { notify } from '../src/reactions/notify.ts';
import { eventually, signedIn, startNotification, type TestNotification } from './harness.ts';

let notification: TestNotification;
beforeAll(async () => {
  notification = await startNotification();
});
afterAll(() => notification.stop());

type Somebody = { tenantId: string; userId: string };
const somebody = (): Somebody => ({ tenantId: newId(), userId: newId() });

const event = ({ tenantId, userId }: Somebody, type: string, data: object, id?: string) =>
  notification.publish({
    type,
    tenantid: tenantId,
    subject: userId,
    data: { userId, ...data },
    ...(id ? { id } : {}),
  });
const rolesChanged = (who: Somebody, role: string, id?: string) =>
  event(who, 'user.roles_changed', { added: [role], removed: [], changedBy: 'system' }, id);

const listDocument = `query ($id: ID!, $first: Int, $after: String, $filter: NotificationFilter) {
  _entities(representations: [{ __typename: "User", id: $id }]) {
    ... on User {
      notifications(first: $first, after: $after, filter: $filter) {
        nodes { id kind title body data readAt user { id } }
        pageInfo { hasNextPage endCursor }
        unreadCount
      }
    }
  }
}`;
const list = async (who: Somebody, args: object = {}, of = who.userId) =>
  (await notification.ask(signedIn(who), listDocument, { id: of, ...args })).data._entities[0].notifications;
const listed = (who: Somebody, count: number) =>
  eventually(async () => {
    const found = await list(who);
    return found.nodes.length === count ? found : null;
  });

test('events that concern a user become notifications, newest first, each once', async () => {
  const ada = somebody();
  const again = newId();
  await event(ada, 'user.activated', { activatedBy: ada.userId, activationMethod: 'email' });
  await rolesChanged(ada, 'editor', again);
  await event(ada, 'user.security_violation', {
    violationType: 'unknown_device',
    severity: 'high',
    details: { ip: '192.0.2.1' },
  });
  const { nodes, unreadCount } = await listed(ada, 3);
  expect(nodes.map(({ kind }: { kind: string }) => kind)).toEqual([
    'security-violation',
    'roles-changed',
    'welcome',
  ]);
  expect(nodes[0].body).toBe('Something unusual happened with your account: unknown device.');
  expect(JSON.stringify(nodes[0])).not.toContain('192.0.2.1');
  expect(nodes[1]).toMatchObject({
    title: 'Your roles were changed',
    body: 'Added: editor.',
    data: { added: ['editor'], removed: [] },
    readAt: null,
    user: { id: ada.userId },
  });
  expect(unreadCount).toBe(3);

  // The bus leaves out what it knows; a redelivery is the handler called again.
  await notify(notification.deps, {
    specversion: '1.0',
    id: again,
    source: '/gatehouse/test',
    type: 'user.roles_changed',
    subject: ada.userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: ada.tenantId,
    data: { userId: ada.userId, added: ['editor'], removed: [], changedBy: 'system' },
  });
  expect((await list(ada)).nodes).toHaveLength(3);
});

test('a changed password is also told by mail, to the address of the account', async () => {
  const ada = somebody();
  notification.people.push({
    ...ada,
    tenantName: 'Acme',
    email: 'ada.changed@example.com',
    status: 'ACTIVE',
    phoneNumber: null,
    timeZone: 'UTC',
    firstName: 'Ada',
    locale: 'en',
  });
  await event(ada, 'user.password_changed', { changedBy: ada.userId, securityLevel: 'user' });
  await listed(ada, 1);
  const [mail] = await eventually(async () => {
    const found = await messages(notification.deps.database.db, { to: 'ada.changed@example.com' });
    return found.length > 0 ? found : null;
  });
  expect(mail?.subject).toBe('Your password for Acme was changed');
  const gone = somebody();
  await event(gone, 'user.password_changed', { changedBy: 'system', securityLevel: 'admin' });
  expect((await listed(gone, 1)).nodes[0].body).toContain('not changed by you');
});

test('they are paged and filtered', async () => {
  const ada = somebody();
  for (const role of ['a', 'b', 'c']) await rolesChanged(ada, role);
  await event(ada, 'user.activated', { activatedBy: 'system', activationMethod: 'admin' });
  await listed(ada, 4);
  const first = await list(ada, { first: 3 });
  expect(first).toMatchObject({ pageInfo: { hasNextPage: true }, unreadCount: 4 });
  const second = await list(ada, { first: 3, after: first.pageInfo.endCursor });
  expect(second.nodes.map(({ body }: { body: string }) => body)).toEqual(['Added: a.']);
  expect((await list(ada, { filter: { kind: 'welcome' } })).nodes).toHaveLength(1);
  expect((await list(ada, { filter: { unread: false } })).nodes).toHaveLength(0);
});

test('one reads and marks only the own', async () => {
  const ada = somebody();
  const colleague = { tenantId: ada.tenantId, userId: newId() };
  const twin = { tenantId: newId(), userId: ada.userId };
  await rolesChanged(ada, 'a');
  await rolesChanged(ada, 'b');
  const [{ id }] = (await listed(ada, 2)).nodes;
  const mark = (who: Somebody) =>
    notification.ask(
      signedIn(who),
      'mutation ($id: ID!) { markNotificationRead(input: { notificationId: $id }) { notification { id readAt } } }',
      { id },
    );
  const reference = async (who: Somebody) =>
    (
      await notification.ask(
        signedIn(who),
        'query ($id: ID!) { _entities(representations: [{ __typename: "Notification", id: $id }]) { ... on Notification { id } } }',
        { id },
      )
    ).data._entities[0];
  expect(await list(colleague, {}, ada.userId)).toBeNull();
  expect((await list(twin)).nodes).toEqual([]);
  for (const other of [colleague, twin]) {
    expect((await mark(other)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect(await reference(other)).toBeNull();
  }
  expect(await reference(ada)).toEqual({ id });

  const first = (await mark(ada)).data.markNotificationRead.notification.readAt;
  expect((await mark(ada)).data.markNotificationRead.notification.readAt).toBe(first);
  expect((await list(ada)).unreadCount).toBe(1);
  const all = await notification.ask(signedIn(ada), 'mutation { markAllNotificationsRead { readCount } }');
  expect(all.data.markAllNotificationsRead.readCount).toBe(1);
  expect((await list(ada, { filter: { unread: true } })).nodes).toEqual([]);
});

async function stream(who: Somebody, after?: string) {
  const result = await subscribe({
    schema: notification.subgraph.schema,
    document: parse('subscription ($after: ID) { notificationReceived(after: $after) { id body } }'),
    variableValues: { after },
    contextValue: notification.subgraph.context(signedIn(who)),
  });
  if (!(Symbol.asyncIterator in result)) return { refused: result.errors?.[0]?.extensions.code };
  return {
    next: async () => (await result.next()).value?.data?.notificationReceived as { id: string; body: string },
    end: () => result.return(undefined),
    ended: () => result.next().then(({ done }) => done),
  };
}

test('a stream brings what arrives, and after a break what was missed, in order and once', async () => {
  const ada = somebody();
  await rolesChanged(ada, 'before');
  await listed(ada, 1);
  const live = await stream(ada);
  const other = await stream(somebody());
  const next = live.next?.();
  await rolesChanged(ada, '0');
  const first = await next;
  expect(first?.body).toBe('Added: 0.');
  await live.end?.();

  await Promise.all(Array.from({ length: 20 }, (_, i) => rolesChanged(ada, `missed-${i}`)));
  await eventually(async () => (await list(ada)).unreadCount === 22);
  const resumed = await stream(ada, first?.id);
  void Promise.all(Array.from({ length: 20 }, (_, i) => rolesChanged(ada, `live-${i}`)));
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) seen.push((await resumed.next?.())?.body ?? '');
  expect(new Set(seen).size).toBe(40);
  expect(seen).not.toContain('Added: before.');
  await resumed.end?.();
  const waiting = other.ended?.();
  await other.end?.();
  expect(await waiting).toBe(true);
});

test('a stream does not start after what is not the own notification', async () => {
  const ada = somebody();
  await rolesChanged(ada, 'x');
  const [{ id }] = (await listed(ada, 1)).nodes;
  expect(await stream(somebody(), id)).toEqual({ refused: 'BAD_USER_INPUT' });
  expect(await stream(somebody(), 'nonsense')).toEqual({ refused: 'BAD_USER_INPUT' });
});
