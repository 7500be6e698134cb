import { z } from 'zod';
import { actor, defineEvent, sentence, userId, word } from './define.ts';

const registrationMethod = z.enum(['email', 'telegram', 'oauth', 'admin', 'import', 'scim']);
const changes = z.record(word, z.json());

export const userEvents = [
  defineEvent('user.created', {
    userId,
    email: z.email().max(254),
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
] as const;
