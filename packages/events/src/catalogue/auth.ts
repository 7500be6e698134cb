import { z } from 'zod';
import { defineEvent, email, foreignId, ipAddress, sentence, timestamp, userId, word } from './define.ts';

export const authEvents = [
  /** The code of a registration was used: the user subgraph completes it, also after a crash. */
  defineEvent('auth.registration_confirmed', { userId }, { internal: true }),
  /** Somebody made an API key: they are told by mail. Nothing of the key but the beginning it is shown by. */
  defineEvent(
    'auth.api_key_created',
    { userId, apiKeyId: foreignId, name: word, start: word, expiresAt: timestamp, ipAddress },
    { internal: true },
  ),
  /** A second factor no longer counts: its holder is told by mail. */
  defineEvent(
    'auth.factor_removed',
    { userId, method: z.enum(['totp', 'email', 'sms', 'passkey']) },
    { internal: true },
  ),
  /** An account at an identity provider can sign in, or no longer: the holder is told by mail. */
  defineEvent(
    'auth.account_linked',
    { userId, provider: word, account: sentence.nullable(), ipAddress },
    { internal: true },
  ),
  defineEvent(
    'auth.account_unlinked',
    { userId, provider: word, account: sentence.nullable(), ipAddress },
    { internal: true },
  ),
  /** What gateways hold of the provider is out of date. Subject: the provider. */
  defineEvent('auth.identity_provider_changed', { providerId: z.uuid() }, { internal: true }),
  /** Somebody signed in with a kind of device that they had not used before: they are told by mail. */
  defineEvent('auth.new_device', { userId, ipAddress, userAgent: sentence.nullable() }, { internal: true }),
  /** A sign-in with the right password was refused for its risk: the holder of the account is told by mail. */
  defineEvent(
    'auth.sign_in_refused',
    { userId, ipAddress, userAgent: sentence.nullable() },
    { internal: true },
  ),
  /** Somebody signed in, or proved it was them, with a backup code: its holder is told by mail. */
  defineEvent(
    'auth.backup_code_used',
    { userId, codesLeft: z.number().int().nonnegative(), ipAddress },
    { internal: true },
  ),
  /** Somebody whose provider tells no address named one: it gets a code if it is free. Subject: the request. */
  defineEvent('auth.sign_up_code_requested', { requestId: z.uuid(), ipAddress }, { internal: true }),
  /** Somebody wants another address: the account's own is told, and the new one gets a code if it is free. */
  defineEvent('auth.email_change_requested', { userId, requestId: z.uuid(), ipAddress }, { internal: true }),
  /** Somebody has shown that they read mail to an address: it is their account's from then on. */
  defineEvent(
    'auth.email_change_confirmed',
    {
      userId,
      email,
      confirmedAt: timestamp,
      sessionId: foreignId,
      ipAddress,
      userAgent: sentence.nullable(),
    },
    { internal: true },
  ),
  /** Somebody has shown that a number is theirs: it stands in their profile from now on. E.164. */
  defineEvent(
    'auth.phone_number_confirmed',
    { userId, phoneNumber: z.string().regex(/^\+[1-9]\d{6,14}$/) },
    { internal: true },
  ),
] as const;
