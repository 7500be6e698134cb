import { newPassword, type Person } from '@gatehouse/testkit/clients';
import { describe, expect, test } from 'vitest';
import { administrator, anyone, memberWith, registerAndConfirm, signIn, testOf } from '../gatehouse.ts';

describe.each(['websocket', 'sse'] as const)('security events over %s', (transport) => {
  test('a failed sign-in arrives live, with the e-mail address from the user subgraph', async () => {
    const ada = await registerAndConfirm();
    const admin = await administrator();
    const events = admin.client.subscribe<Live>(
      live,
      { after: await newestEvent(admin), filter: { userId: ada.id } },
      transport,
    );
    await failToSignIn(ada);
    expect(await events.next()).toEqual({
      securityEvents: {
        id: expect.any(String),
        type: 'LOGIN_FAILED',
        severity: expect.stringMatching(/LOW|MEDIUM/),
        ipAddress: expect.stringMatching(/127\.0\.0\.1|::1/),
        user: { id: ada.id, email: ada.email },
      },
    });
    events.close();
  });

  test('a stream resumed with `after` misses nothing and repeats nothing', async () => {
    const ada = await registerAndConfirm();
    const start = await newestEvent(ada);
    const first = ada.client.subscribe<Live>(live, { after: start }, transport);
    await failToSignIn(ada);
    const { id: last } = (await first.next()).securityEvents;
    first.close();

    await failToSignIn(ada);
    await signIn(ada);
    const resumed = ada.client.subscribe<Live>(live, { after: last }, transport);
    expect((await resumed.next()).securityEvents.type).toBe('LOGIN_FAILED');
    expect((await resumed.next()).securityEvents.type).toBe('LOGIN_SUCCEEDED');
    await failToSignIn(ada);
    expect((await resumed.next()).securityEvents.type).toBe('LOGIN_FAILED');
    expect(await resumed.silent(150)).toBe(true);
    resumed.close();
  });

  test('under fire, everybody who resumes sees every event once and in order', async () => {
    const ada = await registerAndConfirm();
    let after = await newestEvent(ada);
    const provoked = Promise.all(Array.from({ length: 12 }, () => signIn(ada)));
    const seen: string[] = [];
    while (seen.length < 12) {
      const stream = ada.client.subscribe<Live>(live, { after }, transport);
      for (let taken = 0; taken < 3 && seen.length < 12; taken++) {
        after = (await stream.next()).securityEvents.id;
        seen.push(after);
      }
      stream.close();
    }
    await provoked;
    const { securityEvents } = await ada.client.ask<{ securityEvents: { nodes: { id: string }[] } }>(
      '{ securityEvents(first: 12) { nodes { id } } }',
    );
    expect(seen).toEqual(securityEvents.nodes.map(({ id }) => id).reverse());
  });

  testOf('endOfStreams')('it ends, saying why, when its session is revoked', async () => {
    const ada = await registerAndConfirm();
    const other = await signIn(ada);
    const events = other.client.subscribe<Live>(live, { after: await newestEvent(other) }, transport);
    await failToSignIn(ada);
    await events.next();
    await ada.client.ask(
      'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }',
      { input: { sessionId: other.tokens.sessionId } },
    );
    expect(await events.ended()).toBe('SESSION_REVOKED');
  });

  test('nobody sees the events of another without the permission', async () => {
    const [ada, member] = [await registerAndConfirm(), await memberWith()];
    const events = member.client.subscribe<Live>(
      live,
      { after: await newestEvent(member), filter: { userId: ada.id } },
      transport,
    );
    const own = member.client.subscribe<Live>(live, { after: await newestEvent(member) }, transport);
    await failToSignIn(ada);
    await failToSignIn(member);
    expect((await own.next()).securityEvents.user.id).toBe(member.id);
    expect(await events.ended()).toBe('FORBIDDEN');
    own.close();
    const anonymous = anyone.subscribe<Live>(live, {}, transport);
    expect(await anonymous.ended()).toBe('UNAUTHENTICATED');
  });
});

type Live = { securityEvents: { id: string; type: string; user: { id: string } } };

const live = `subscription ($after: ID, $filter: SecurityEventFilter) {
  securityEvents(after: $after, filter: $filter) { id type severity ipAddress user { id email } }
}`;

async function newestEvent({ client }: Person): Promise<string | undefined> {
  const { securityEvents } = await client.ask<{ securityEvents: { nodes: { id: string }[] } }>(
    '{ securityEvents(first: 1) { nodes { id } } }',
  );
  return securityEvents.nodes[0]?.id;
}

async function failToSignIn({ email }: Person): Promise<void> {
  await anyone.refusal('mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
    input: { identifier: email, password: newPassword() },
  });
}
