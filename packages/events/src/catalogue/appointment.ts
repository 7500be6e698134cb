import { defineEvent, foreignId, sentence, timestamp, userId } from './define.ts';

export const appointmentEvents = [
  defineEvent(
    'appointment.confirmed',
    {
      userId,
      appointmentId: foreignId,
      startsAt: timestamp,
      place: sentence,
    },
    { origin: 'other systems' },
  ),
] as const;
