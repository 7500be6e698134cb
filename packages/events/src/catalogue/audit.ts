import { z } from 'zod';
import { defineEvent, foreignId, sentence, word } from './define.ts';

/** A part of the product is never the actor of a refusal or a success; `system` is one that acts by itself. */
const actorTypes = ['user', 'client', 'api-key', 'anonymous', 'system'] as const;

export const auditEvents = [
  /**
   * Somebody did something sensitive, or was refused it: auth appends it to the audit log of the tenant. Subject: the user
   * it is about, else the tenant.
   */
  defineEvent(
    'audit.recorded',
    {
      /** The operation, as the API calls it. */
      action: word,
      result: z.enum(['SUCCESS', 'REFUSED']),
      /** What it was refused with. */
      errorCode: word.nullable(),
      actor: z.object({ type: z.enum(actorTypes), id: foreignId.nullable() }),
      sessionId: foreignId.nullable(),
      on: z.object({ type: word, id: foreignId.nullable() }).nullable(),
      ipAddress: z.union([z.ipv4(), z.ipv6()]).nullable(),
      userAgent: sentence.nullable(),
      /** Nothing secret, and nothing personal that the log must not keep. */
      details: z.record(word, z.json()),
    },
    { internal: true },
  ),
] as const;
