import { auditRecordOf, type Principal } from '@gatehouse/identity';
import { GatehouseError, readInput } from '@gatehouse/service-kit';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { z } from 'zod';
import { TenantByIdDocument } from '../../generated/calls.ts';
import { requireRecentSession } from '../mfa/require-recent-session.ts';
import { deriveKey } from '../oidc/secrets.ts';
import { type AuditSelection, findAuditHead } from '../queries/audit-entries.ts';
import type { Services } from '../services.ts';
import { inUnitOfWork, type UnitOfWork } from '../unit-of-work.ts';
import { auditEntryFrom } from './audit-entry.ts';
import { selectionOf } from './audit-filter.ts';

export const exportPath = '/audit/exports/';

/** How long a URL gives the file. Seconds. */
const lifetime = 300;

const input = z.object({ format: z.enum(['JSONL', 'CSV']), filter: z.unknown().optional() });

const claims = z.object({
  format: z.enum(['JSONL', 'CSV']),
  filter: z.object({
    actor: z.string().optional(),
    subject: z.string().optional(),
    action: z.string().optional(),
    result: z.enum(['SUCCESS', 'REFUSED']).optional(),
    from: z.coerce.date().optional(),
    to: z.coerce.date().optional(),
    text: z.string().optional(),
  }),
  tenantId: z.uuid(),
  upTo: z.number().int().nonnegative(),
  by: z.object({
    kind: z.enum(['user', 'client']),
    id: z.string(),
    sessionId: z.string().nullable(),
  }),
});

/** What a URL gives, and at whose wish. */
export type AuditExport = {
  format: 'JSONL' | 'CSV';
  selection: AuditSelection & { upTo: number };
  by: z.output<typeof claims>['by'];
};

const keyOf = (services: Pick<Services, 'config'>) => deriveKey(services.config.secret, 'audit log exports');

/**
 * A URL that gives its holder the entries there are by now, for five minutes. All that it stands for is in it, encrypted:
 * nobody makes one, changes one, or learns from one. BAD_USER_INPUT; STEP_UP_REQUIRED.
 */
export async function exportAuditLog(
  services: Services,
  request: unknown,
  principal: Principal,
  client: ClientInfo,
): Promise<{ url: string; expiresAt: Date }> {
  const { format, filter } = readInput(input, request);
  await requireRecentSession(services, principal);
  const { tenantId } = principal;
  const { tenantId: _, ...selection } = selectionOf(tenantId, filter);
  const { tenantById: tenant } = await services.call('user', TenantByIdDocument, { id: tenantId });
  if (!tenant) throw new GatehouseError('NOT_FOUND', 'There is no such tenant.');
  const { position: upTo } = await findAuditHead(services.database.db, tenantId);
  const by =
    principal.kind === 'user'
      ? { kind: principal.kind, id: principal.userId, sessionId: principal.sessionId }
      : { kind: principal.kind, id: principal.clientId, sessionId: null };
  const expiresAt = new Date((Math.floor(Date.now() / 1_000) + lifetime) * 1_000);
  const token = await new EncryptJWT({ format, filter: selection, tenantId, upTo, by })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime(expiresAt)
    .encrypt(keyOf(services));
  const record = auditRecordOf(
    { principal, client },
    {
      action: 'exportAuditLog',
      on: { type: 'audit-log', id: null },
      // A text that was looked for may be anything.
      details: { format, upTo, filter: { ...selection, ...(selection.text && { text: true }) } },
    },
  );
  await inUnitOfWork(services, async (unit) => unit.audit(auditEntryFrom(record)));
  return { url: new URL(`${exportPath}${token}`, tenant.publicUrl).href, expiresAt };
}

/** What a token of a URL stands for. FORBIDDEN when it is not ours or has expired. */
export async function openExport(services: Pick<Services, 'config'>, token: string): Promise<AuditExport> {
  try {
    const { payload } = await jwtDecrypt(token, keyOf(services), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      requiredClaims: ['exp'],
    });
    const { format, filter, tenantId, upTo, by } = claims.parse(payload);
    return { format, selection: { ...filter, tenantId, upTo }, by };
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new GatehouseError('FORBIDDEN', 'This URL has expired; ask for a new one.');
    }
    throw new GatehouseError('FORBIDDEN', 'This URL was not made here.');
  }
}

/** That a file was fetched, and from where: whoever holds the URL may do it. */
export const recordDownload = (
  unit: UnitOfWork,
  { format, selection, by }: AuditExport,
  origin: { ipAddress: string | null; userAgent: string | null },
): void =>
  unit.audit({
    tenantId: selection.tenantId,
    service: 'auth',
    action: 'downloadAuditLog',
    result: 'SUCCESS',
    errorCode: null,
    actorType: by.kind,
    actorId: by.id,
    sessionId: by.sessionId,
    subjectType: 'audit-log',
    subjectId: null,
    ...origin,
    details: { format, upTo: selection.upTo },
  });
