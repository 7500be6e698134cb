export { type KafkaEventBus, type KafkaEventBusOptions, openKafkaEventBus } from './bus.ts';
export type { KafkaSettings } from './settings.ts';
export { type TopicKind, topicNames } from './topic-names.ts';
