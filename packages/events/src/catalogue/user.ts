import { z } from 'zod';
import { actor, defineEvent, sentence, userId, word } from './define.ts';

const registrationMethod = z.enum(['email', 'telegram', 'oauth', 'admin', 'import', 'scim']);
const changes = z.record(word, z.json());

export const userEvents = [
  defineEvent('user.created', {
    userId,
    /** International addresses (RFC 6531) too, which zod's own rule refuses. */
    email: z
      .string()
      .max(320)
      .regex(/^[^\s@]+@[^\s@]+$/),
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
  /** What these roles give has changed: principals of their holders are out of date. Subject: the tenant. */
  defineEvent('user.role_definitions_changed', { roleIds: z.array(z.uuid()).max(1_000) }, { internal: true }),
] as const;
