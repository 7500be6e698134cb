export { type AuditRecord, recordingDatabase, writeAudit } from './audit.ts';
export type { DeadLetter, DeadLetters, EventBus, SubscribeOptions, Subscription } from './bus/event-bus.ts';
export { migrateEventBus } from './bus/migrate.ts';
export { openPostgresEventBus, type PostgresEventBusOptions } from './bus/postgres.ts';
export { catalogue, type EventData, type EventType, eventTypes, isEventType } from './catalogue/index.ts';
export { type CloudEvent, type EventOf, envelope, type ParsedEvent, parseEvent } from './envelope.ts';
export { forgetProcessedEvents, handleOnce } from './handle-once.ts';
export {
  type OutboxTable,
  outboxTable,
  type ProcessedEventTable,
  processedEventTable,
} from './outbox-tables.ts';
export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export { type NewEvent, outboxTopic, writeEvent } from './write-event.ts';
