import { createHash } from 'node:crypto';
import type { AuditRecord } from '@gatehouse/identity';
import canonicalize from 'canonicalize';
import type { AuditEntryRow } from '../tables/audit-entry.ts';

/** What is to be appended; the chain adds the rest. */
export type NewAuditEntry = Omit<
  AuditEntryRow,
  'position' | 'id' | 'occurredAt' | 'previousHash' | 'hash' | 'seal'
> & { occurredAt?: Date };

/** The entry of what auth, or the service named, tells of. */
export function auditEntryFrom(record: AuditRecord, service = 'auth'): NewAuditEntry {
  const { actor, on, ...told } = record;
  return {
    ...told,
    service,
    actorType: actor.type,
    actorId: actor.id,
    subjectType: on?.type ?? null,
    subjectId: on?.id ?? null,
  };
}

export type UnsealedEntry = Omit<AuditEntryRow, 'hash' | 'seal'>;

/** What the first entry of a tenant follows. */
export const genesis = '0'.repeat(64);

/** An entry as it is hashed and exported; every field is named, so that a new column changes no old hash. */
export const statementOf = (entry: UnsealedEntry) => ({
  version: 1,
  tenantId: entry.tenantId,
  position: entry.position,
  id: entry.id,
  occurredAt: entry.occurredAt.toISOString(),
  service: entry.service,
  action: entry.action,
  result: entry.result,
  errorCode: entry.errorCode,
  actorType: entry.actorType,
  actorId: entry.actorId,
  sessionId: entry.sessionId,
  subjectType: entry.subjectType,
  subjectId: entry.subjectId,
  ipAddress: entry.ipAddress,
  userAgent: entry.userAgent,
  details: entry.details,
  previousHash: entry.previousHash,
});

/** SHA-256 of the entry in canonical JSON (RFC 8785), in hexadecimal. */
export function hashOf(entry: UnsealedEntry): string {
  const text = canonicalize(statementOf(entry));
  if (text === undefined) throw new Error('an audit entry has no canonical form');
  return createHash('sha256').update(text).digest('hex');
}
