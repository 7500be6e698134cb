import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { catalogue, eventTypes, parseEvent } from '../src/index.ts';
import { roleEvent } from './contract/events.ts';

const userId = randomUUID();

it('holds the public contract, and marks what is internal', () => {
  expect(catalogue['auth.registration_confirmed'].internal).toBe(true);
  expect(eventTypes.filter((type) => !catalogue[type].internal).toSorted()).toEqual([
    'account.connected',
    'appointment.confirmed',
    'campaign.created',
    'compliance.violation',
    'payment.received',
    'subscription.updated',
    'user.activated',
    'user.created',
    'user.deactivated',
    'user.deleted',
    'user.login',
    'user.logout',
    'user.mfa_enabled',
    'user.oauth_connected',
    'user.password_changed',
    'user.roles_changed',
    'user.security_violation',
    'user.telegram_linked',
    'user.updated',
  ]);
});

describe('user.created', () => {
  const created = {
    userId,
    email: 'ada@example.org',
    username: null,
    role: 'self-registration',
    registrationMethod: 'email',
    metadata: { credentialRef: 'ref', documentIds: ['a', 'b'] },
  };

  it('takes what the contract says', () => {
    expect(catalogue['user.created'].published.parse(created)).toEqual(created);
  });

  it.each([
    { registrationMethod: 'fax' },
    { metadata: { nested: { a: 1 } } },
    { email: 'no address' },
    { userId: '1' },
    { password: 'secret' },
  ])('publishes nothing else: %j', (change) => {
    expect(catalogue['user.created'].published.safeParse({ ...created, ...change }).success).toBe(false);
  });
});

describe('parseEvent', () => {
  it.each([
    { input: null },
    { input: 'text' },
    { input: {} },
    { input: [] },
    { input: { ...roleEvent(userId, 1), specversion: '0.3' } },
    { input: { ...roleEvent(userId, 1), id: '' } },
  ])('refuses a wrong envelope: $input', ({ input }) => {
    expect(parseEvent(input)).toMatchObject({ ok: false, reason: expect.stringMatching(/^envelope: /) });
  });

  it.each(['user.unknown', 'constructor', '__proto__'])('refuses the type %s', (type) => {
    expect(parseEvent(roleEvent(userId, 1, { type }))).toEqual({
      ok: false,
      reason: 'type: not in the catalogue',
    });
  });

  it('accepts fields that a newer publisher adds, and drops them', () => {
    const event = roleEvent(userId, 1);
    const parsed = parseEvent({
      ...event,
      partitionkey: 'k',
      data: { ...(event.data as object), added2: 1 },
    });
    expect(parsed).toEqual({ ok: true, event });
  });
});
