import { z } from 'zod';
import { catalogue, type EventData, type EventType, isEventType } from './catalogue/index.ts';

/** A CloudEvents 1.0 envelope in structured mode, with the extensions `tenantid` and `traceparent`. */
export const envelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  type: z.string().min(1).max(200),
  /** The user the event is about: the key by which order is kept. */
  subject: z.string().min(1).max(200),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  tenantid: z.string().min(1).max(200),
  traceparent: z.string().max(100).optional(),
  data: z.unknown(),
});

export type CloudEvent = z.output<typeof envelope>;
/** An event whose data fit its type; a union over `T`, so that `switch (event.type)` narrows the data. */
export type EventOf<T extends EventType> = {
  [K in T]: Omit<CloudEvent, 'type' | 'data'> & { type: K; data: EventData<K> };
}[T];

export type ParsedEvent = { ok: true; event: EventOf<EventType> } | { ok: false; reason: string };

/** Checks envelope and data of what came from the bus; the reason names fields and rules, never values. */
export function parseEvent(input: unknown): ParsedEvent {
  const outer = envelope.safeParse(input);
  if (!outer.success) return { ok: false, reason: `envelope: ${reasonOf(outer.error)}` };
  const { type } = outer.data;
  if (!isEventType(type)) return { ok: false, reason: 'type: not in the catalogue' };
  const data = catalogue[type].consumed.safeParse(outer.data.data);
  if (!data.success) return { ok: false, reason: `data: ${reasonOf(data.error)}` };
  return { ok: true, event: { ...outer.data, type, data: data.data } as EventOf<EventType> };
}

const reasonOf = (error: z.ZodError): string =>
  error.issues
    .map((issue) => `${issue.path.join('.') || '(root)'} ${issue.code}`)
    .join(', ')
    .slice(0, 500);
