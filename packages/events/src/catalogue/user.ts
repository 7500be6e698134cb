import { z } from 'zod';
import { actor, defineEvent, email, foreignId, ipAddress, sentence, userId, word } from './define.ts';

const registrationMethod = z.enum(['email', 'telegram', 'oauth', 'admin', 'import', 'scim']);
const changes = z.record(word, z.json());

export const userEvents = [
  defineEvent('user.created', {
    userId,
    email,
    username: word.nullable(),
    role: word,
    registrationMethod,
    metadata: z.record(word, z.union([sentence, z.array(sentence).max(100)])),
  }),
  defineEvent('user.updated', { userId, changes, previousValues: changes, updatedBy: actor }),
  defineEvent('user.deleted', {
    userId,
    deletionReason: sentence.nullable(),
    deletedBy: actor,
    retentionPolicy: word,
  }),
  defineEvent('user.activated', { userId, activatedBy: actor, activationMethod: word }),
  defineEvent('user.deactivated', { userId, deactivatedBy: actor, reason: sentence.nullable() }),
  defineEvent('user.roles_changed', {
    userId,
    added: z.array(word),
    removed: z.array(word),
    changedBy: actor,
  }),
  /** Somebody registered with the address of this account: its owner is told by mail. */
  defineEvent('user.registration_attempted', { userId }, { internal: true }),
  /** An account has another address. Its other sessions end, and who reads mail to the one before is told. */
  defineEvent(
    'user.email_changed',
    { userId, previousEmail: email, sessionId: foreignId, ipAddress, userAgent: sentence.nullable() },
    { internal: true },
  ),
  /** What these roles give has changed: principals of their holders are out of date. Subject: the tenant. */
  defineEvent('user.role_definitions_changed', { roleIds: z.array(z.uuid()).max(1_000) }, { internal: true }),
] as const;
