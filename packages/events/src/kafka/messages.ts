import type { Message } from '@platformatic/kafka';
import type { EventType } from '../catalogue/index.ts';
import { type CloudEvent, type EventOf, parseEvent } from '../envelope.ts';
import type { TopicNames } from './topic-names.ts';

export type KafkaMessage = Message<Buffer, Buffer, Buffer, Buffer>;

/** What a message is to a group: an event, nothing it asked for, or one that does not fit. */
export type ReadMessage =
  | { kind: 'event'; id: string; event: EventOf<EventType> }
  | { kind: 'other' }
  | { kind: 'unfit'; id: string; type: string | undefined; reason: string; envelope: unknown };

/** CloudEvents' content type in structured mode: the whole event is the value. */
export const structured = 'application/cloudevents+json; charset=UTF-8';
/** An envelope that fits no more of it is kept without its content. */
const maxKeptBytes = 262_144;

/** An event as it is published. */
export const toMessage = (event: CloudEvent, names: TopicNames) => ({
  topic: names.of(event.type),
  key: Buffer.from(event.subject),
  value: Buffer.from(JSON.stringify(event)),
  headers: { 'content-type': structured },
});

/** Reads a message, in CloudEvents' structured or binary mode. Anybody may have written it. */
export function readMessage(
  message: KafkaMessage,
  types: ReadonlySet<string>,
  names: TopicNames,
): ReadMessage {
  const { topic, partition, offset } = message;
  const id = `${topic}/${partition}/${offset}`;
  const input = envelopeOf(message);
  const type = typeOf(input);
  if (type !== undefined && !(types.has(type) && names.allows(topic, type))) return { kind: 'other' };
  if (!isStorable(input)) return { kind: 'unfit', id, type, reason: 'envelope: text', envelope: null };
  const parsed = parseEvent(input);
  if (!parsed.ok) {
    const isKept = (message.value?.length ?? 0) <= maxKeptBytes;
    return { kind: 'unfit', id, type, reason: parsed.reason, envelope: isKept ? (input ?? null) : null };
  }
  // Ids of other systems are their own: they never stand for an event of ours.
  const known = names.isOwn(topic) ? parsed.event.id : `${topic}/${parsed.event.source}/${parsed.event.id}`;
  return { kind: 'event', id: known, event: parsed.event };
}

function envelopeOf({ value, headers }: KafkaMessage): unknown {
  const text = value?.toString('utf8');
  const data = parseJson(text);
  const attributes = new Map([...headers].map(([name, content]) => [String(name), String(content)]));
  if (!attributes.has('ce_specversion')) return data;
  const own = [...attributes].flatMap(([name, content]) =>
    name.startsWith('ce_') ? [[name.slice(3), content]] : [],
  );
  return { ...Object.fromEntries(own), datacontenttype: 'application/json', data };
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function typeOf(input: unknown): string | undefined {
  const type = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** PostgreSQL keeps neither NUL nor half a surrogate pair; in JSON's text both stand escaped. */
const isStorable = (input: unknown): boolean =>
  !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(JSON.stringify(input) ?? '');
