import type { Metrics } from '@gatehouse/service-kit';
import { type ReportOutcome, reportOutcomes } from './take-report.ts';

const definition = {
  name: 'gatehouse_notification_mail_reports_total',
  help: 'Mail reports taken: bounced (the address is suppressed), failed, noted (late, or not about whom it was sent to), complained, repeated, unknown (of no mail of ours, or an old one), ignored (no report), unreadable.',
  labels: ['outcome'],
} as const;

export function countReport(metrics: Metrics, outcome: ReportOutcome | 'unreadable'): void {
  metrics.counter(definition)({ outcome }).add();
}

/** Has them told from the first one on. */
export function measureReports(metrics: Metrics): void {
  for (const outcome of [...reportOutcomes, 'unreadable']) metrics.counter(definition)({ outcome });
}
