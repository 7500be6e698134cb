import { Readable, type Transform } from 'node:stream';
import { stringify } from 'csv-stringify';
import { findAuditStart } from '../queries/audit-checkpoints.ts';
import { auditEntriesAfter, findAuditHead } from '../queries/audit-entries.ts';
import type { Services } from '../services.ts';
import type { AuditEntryRow } from '../tables/audit-entry.ts';
import { statementOf } from './audit-entry.ts';
import type { AuditExport } from './export-audit-log.ts';

const batch = 500;
/** Looked at by one statement, however few of them fit: the file may take long, and no statement does. */
const stretch = 20_000;

/** The entries of an export, oldest first, read as they are sent. */
async function* entriesOf(
  { database }: Pick<Services, 'database'>,
  { selection }: AuditExport,
): AsyncGenerator<AuditEntryRow> {
  const { tenantId, upTo } = selection;
  const start = await findAuditStart(database.db, tenantId);
  let position = start?.position ?? 0;
  while (position < upTo) {
    const part = { ...selection, upTo: Math.min(upTo, position + stretch) };
    const rows = await database.onReplica(
      null,
      (db) => auditEntriesAfter(db, part, position, batch),
      // Fewer than asked for are all there are only where the last of them has arrived.
      async (found, db) =>
        found.length === batch || (await findAuditHead(db, tenantId)).position >= part.upTo,
    );
    yield* rows;
    position = rows.length === batch ? (rows.at(-1)?.position ?? part.upTo) : part.upTo;
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
