import { catalogue, type EventType, isEventType } from '../catalogue/index.ts';

export type TopicKind = 'user' | 'internal' | 'incoming';

export type TopicNames = ReturnType<typeof topicNames>;

/** Events of one kind are in one topic, so that who may read what can be said by topic. */
const kindOf = (type: EventType): TopicKind => {
  const { internal, origin } = catalogue[type];
  if (internal) return 'internal';
  return origin === 'gatehouse' ? 'user' : 'incoming';
};

/** The topics: what we publish, what our subgraphs tell each other, and what other systems tell us. */
export function topicNames(prefix = 'gatehouse', consumed: readonly string[] = []) {
  const nameOf = (kind: TopicKind) => `${prefix}.${kind}.v1`;
  const own = new Map((['user', 'internal', 'incoming'] as const).map((kind) => [nameOf(kind), kind]));
  return {
    /** Those that we make. */
    own: [...own.keys()],
    deadLetters: [...own.keys()].map((topic) => `${topic}.dlq`),
    /** Those of other systems, which have to be there. */
    consumed: consumed.filter((topic) => !own.has(topic)),
    /** The one of a kind. */
    ofKind: nameOf,
    /** Where an event of the type is published. */
    of: (type: string): string => nameOf(isEventType(type) ? kindOf(type) : 'internal'),
    /** Where dead letters of the topic go: what other systems name theirs is not for us to write. */
    deadLettersOf: (topic: string): string => `${own.has(topic) ? topic : nameOf('incoming')}.dlq`,
    /** The topics that have events of these types. */
    with(types: readonly EventType[]): string[] {
      const kinds = new Set(types.map(kindOf));
      const ours = [...kinds].map(nameOf);
      return kinds.has('incoming') ? [...new Set([...ours, ...consumed])] : ours;
    },
    /** Whether an event of the type is believed when it comes from there: other systems do not speak in our name. */
    allows: (topic: string, type: string): boolean =>
      isEventType(type) && kindOf(type) === (own.get(topic) ?? 'incoming'),
    isOwn: (topic: string): boolean => own.has(topic),
    group: (group: string): string => `${prefix}.${group}`,
  };
}
