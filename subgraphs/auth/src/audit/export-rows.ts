import { Readable, type Transform } from 'node:stream';
import { stringify } from 'csv-stringify';
import { auditEntriesAfter } from '../queries/audit-entries.ts';
import type { Services } from '../services.ts';
import type { AuditEntryRow } from '../tables/audit-entry.ts';
import { statementOf } from './audit-entry.ts';
import type { AuditExport } from './export-audit-log.ts';

const batch = 500;

/** The entries of an export, oldest first, read as they are sent. */
async function* entriesOf(
  services: Pick<Services, 'database'>,
  { selection }: AuditExport,
): AsyncGenerator<AuditEntryRow> {
  let position = 0;
  for (;;) {
    const rows = await auditEntriesAfter(services.database.db, selection, position, batch);
    yield* rows;
    if (rows.length < batch) return;
    position = rows.at(-1)?.position ?? position;
  }
}

const columns = [
  'position',
  'id',
  'occurredAt',
  'service',
  'action',
  'result',
  'errorCode',
  'actorType',
  'actorId',
  'sessionId',
  'subjectType',
  'subjectId',
  'ipAddress',
  'userAgent',
  'details',
  'previousHash',
  'hash',
] as const;

const cells = (entry: AuditEntryRow) => {
  const { details, ...rest } = { ...statementOf(entry), hash: entry.hash };
  return { ...rest, details: JSON.stringify(details) };
};

/** A spreadsheet must neither run a cell as a formula nor find another cell in it (OWASP, CSV injection): all are quoted. */
const csv = (): Transform =>
  stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    quoted: true,
    record_delimiter: 'windows',
  });

async function* linesOf(entries: AsyncIterable<AuditEntryRow>): AsyncGenerator<string> {
  for await (const entry of entries) {
    yield `${JSON.stringify({ ...statementOf(entry), hash: entry.hash })}\n`;
  }
}

async function* rowsOf(entries: AsyncIterable<AuditEntryRow>): AsyncGenerator<ReturnType<typeof cells>> {
  for await (const entry of entries) yield cells(entry);
}

/** The file of an export as streams to be piped one into the next: as much of it in memory as its reader takes at once. */
export function streamsOf(
  services: Pick<Services, 'database'>,
  wanted: AuditExport,
): [Readable] | [Readable, Transform] {
  const entries = entriesOf(services, wanted);
  return wanted.format === 'CSV'
    ? [Readable.from(rowsOf(entries)), csv()]
    : [Readable.from(linesOf(entries))];
}

export const contentTypes = { JSONL: 'application/jsonl; charset=utf-8', CSV: 'text/csv; charset=utf-8' };
export const extensions = { JSONL: 'jsonl', CSV: 'csv' };
