import { defineEvent, userId } from './define.ts';

export const authEvents = [
  /** The code of a registration was used: the user subgraph completes it, also after a crash. */
  defineEvent('auth.registration_confirmed', { userId }, { internal: true }),
] as const;
