import type { Metrics } from '@gatehouse/service-kit';
import { type NewSecurityEvent, severities } from './security-event.ts';

const definition = {
  name: 'gatehouse_auth_security_events_total',
  help: 'Security events that were recorded, by type: sign-ins, failed ones, locks, resets, second factors and the like.',
  labels: ['type', 'severity'],
} as const;

/** Counts what has happened to sign-ins and accounts. */
export function countSecurityEvents(metrics: Metrics, events: readonly NewSecurityEvent[]): void {
  const counter = metrics.counter(definition);
  for (const { type } of events) counter({ type, severity: severities[type] }).add();
}

/** Has every type told from the start: the first of its kind is one more than none, not one out of nowhere. */
export function tellSecurityEvents(metrics: Metrics): void {
  const counter = metrics.counter(definition);
  for (const type of Object.keys(severities) as NewSecurityEvent['type'][])
    counter({ type, severity: severities[type] });
}
