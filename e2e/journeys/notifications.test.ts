import { newPassword, type Person, type Stream } from '@gatehouse/testkit/clients';
import { describe, expect, test } from 'vitest';
import { administrator, eventually, memberWith, registerAndConfirm } from '../gatehouse.ts';

describe.each(['websocket', 'sse'] as const)('notifications over %s', (transport) => {
  test('arrive as things happen, and are marked read', async () => {
    const ada = await registerAndConfirm();
    const admin = await administrator();
    const live = await listening(ada, transport);
    await admin.client.ask(
      'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
      { input: { userId: ada.id, role: 'user' } },
    );
    // What the holder may do has changed: the stream asks to be opened again, and misses nothing.
    expect(await live.ended()).toBe('RESUME_REQUIRED');
    const resumed = open(ada, live.after, transport);
    const received = await nextOfKind(resumed, 'roles-changed');
    expect(received).toMatchObject({ kind: 'roles-changed', readAt: null, user: { email: ada.email } });

    await ada.client.ask(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
      { input: { currentPassword: ada.password, newPassword: newPassword() } },
    );
    await nextOfKind(resumed, 'password-changed');
    resumed.close();

    const unread = async () =>
      (await ada.client.ask<Unread>('{ me { notifications(first: 10) { unreadCount nodes { id } } } }')).me
        .notifications;
    const before = await unread();
    expect(before.unreadCount).toBe(before.nodes.length);
    const { markNotificationRead } = await ada.client.ask<{
      markNotificationRead: { notification: { readAt: string } };
    }>(markRead, { input: { notificationId: received.id } });
    expect(markNotificationRead.notification.readAt).toMatch(/Z$/);
    expect((await unread()).unreadCount).toBe(before.unreadCount - 1);
    expect(await ada.client.ask('mutation { markAllNotificationsRead { readCount } }')).toEqual({
      markAllNotificationsRead: { readCount: before.unreadCount - 1 },
    });
  });
});

test('are nobody else’s: not to read, not to mark', async () => {
  const member = await memberWith();
  const admin = await administrator();
  await admin.client.ask(
    'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
    { input: { userId: member.id, role: 'self-registration' } },
  );
  const [id] = await eventually(async () => {
    const { me } = await member.client.ask<Unread>(
      '{ me { notifications(first: 10) { unreadCount nodes { id } } } }',
    );
    expect(me.notifications.nodes).not.toEqual([]);
    return me.notifications.nodes.map((one) => one.id);
  });
  expect(await admin.client.refusal(markRead, { input: { notificationId: id } })).toBe('NOT_FOUND');
  const seen = await admin.client.graphql<{ user: { notifications: unknown } }>(
    'query ($id: ID!) { user(id: $id) { notifications(first: 10) { unreadCount } } }',
    { id: member.id },
  );
  expect(seen.data?.user.notifications).toBeNull();
});

type Received = { notificationReceived: { id: string; kind: string } };
type Unread = { me: { notifications: { unreadCount: number; nodes: { id: string }[] } } };

const markRead = `mutation ($input: MarkNotificationReadInput!) {
  markNotificationRead(input: $input) { notification { id readAt } }
}`;

const open = ({ client }: Person, after: string | undefined, transport: 'websocket' | 'sse') =>
  client.subscribe<Received>(
    `subscription ($after: ID) {
      notificationReceived(after: $after) { id kind title body readAt user { email } }
    }`,
    { after },
    transport,
  );

/** A stream of what comes after the newest notification there is. */
async function listening(person: Person, transport: 'websocket' | 'sse') {
  const after = await eventually(async () => {
    const { me } = await person.client.ask<Unread>(
      '{ me { notifications(first: 1) { unreadCount nodes { id } } } }',
    );
    expect(me.notifications.nodes).toHaveLength(1);
    return me.notifications.nodes[0]?.id;
  });
  return { ...open(person, after, transport), after };
}

async function nextOfKind(stream: Stream<Received>, kind: string): Promise<Received['notificationReceived']> {
  for (;;) {
    const { notificationReceived: received } = await stream.next();
    if (received.kind === kind) return received;
  }
}
