import { newPassword, type Person } from '@gatehouse/testkit/clients';
import { describe, expect, test } from 'vitest';
import { administrator, eventually, memberWith, registerAndConfirm } from '../gatehouse.ts';

describe.each(['websocket', 'sse'] as const)('notifications over %s', (transport) => {
  test('arrive as things happen, and are marked read', async () => {
    const ada = await registerAndConfirm();
    const admin = await administrator();
    const live = follow(ada, await newest(ada), transport);
    await admin.client.ask(
      'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
      { input: { userId: ada.id, role: 'user' } },
    );
    const received = await nextOfKind(live, 'roles-changed');
    expect(received).toMatchObject({ kind: 'roles-changed', readAt: null, user: { email: ada.email } });

    await ada.client.ask(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
      { input: { currentPassword: ada.password, newPassword: newPassword() } },
    );
    await nextOfKind(live, 'password-changed');
    await live.return(undefined);

    const unread = async () =>
      (await ada.client.ask<Unread>('{ me { notifications(first: 10) { unreadCount nodes { id } } } }')).me
        .notifications;
    const before = await unread();
    expect(before.unreadCount).toBe(before.nodes.length);
    const { markNotificationRead } = await ada.client.ask<{
      markNotificationRead: { notification: { readAt: string } };
    }>(markRead, { input: { notificationId: received?.id } });
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

/** The id of the newest notification: every account is welcomed with one. */
const newest = ({ client }: Person): Promise<string> =>
  eventually(async () => {
    const { me } = await client.ask<Unread>(
      '{ me { notifications(first: 1) { unreadCount nodes { id } } } }',
    );
    const [notification] = me.notifications.nodes;
    if (!notification) throw new Error('no notification yet');
    return notification.id;
  });

/**
 * Notifications as a client follows them: when the stream asks for it, because what its holder may do has changed, it is
 * opened again behind the last one.
 */
async function* follow({ client }: Person, start: string, transport: 'websocket' | 'sse') {
  for (let after = start; ; ) {
    const stream = client.subscribe<Received>(
      `subscription ($after: ID) {
        notificationReceived(after: $after) { id kind title body readAt user { email } }
      }`,
      { after },
      transport,
    );
    try {
      for (;;) {
        const { notificationReceived: received } = await stream.next();
        after = received.id;
        yield received;
      }
    } catch (error) {
      if (!String(error).includes('RESUME_REQUIRED')) throw error;
    } finally {
      stream.close();
    }
  }
}

async function nextOfKind(notifications: ReturnType<typeof follow>, kind: string) {
  for (;;) {
    const { value } = await notifications.next();
    if (!value || value.kind === kind) return value;
  }
}
