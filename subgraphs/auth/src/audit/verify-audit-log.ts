import type { Tx } from '@gatehouse/data';
import { badInput } from '@gatehouse/service-kit';
import { checkpointsBetween, findAuditStart, lastCheckpoint } from '../queries/audit-checkpoints.ts';
import { auditEntriesAfter, findAuditHead } from '../queries/audit-entries.ts';
import type { Services } from '../services.ts';
import type { AuditCheckpointRow } from '../tables/audit-checkpoint.ts';
import type { AuditEntryRow } from '../tables/audit-entry.ts';
import { genesis, hashOf } from './audit-entry.ts';
import { type CheckpointKey, createSeal, openCheckpointKey } from './audit-keys.ts';

export type AuditBreak = 'MISSING' | 'ALTERED' | 'UNLINKED' | 'UNSEALED' | 'CHECKPOINT';

export type AuditVerification = {
  intact: boolean;
  /** The first and last position looked at; `to` is `from - 1` when there was nothing to look at. */
  from: number;
  to: number;
  /** Whether the newest entry was reached; else go on after `to`. */
  complete: boolean;
  brokenAt: number | null;
  reason: AuditBreak | null;
  /** Signed over the newest entry, when all is well. */
  checkpoint: string | null;
};

/** Computed without a pause: some ten milliseconds. */
const batch = 500;
/** Less than a request may take. */
const budgetMs = 5_000;

type Break = { brokenAt: number; reason: AuditBreak };
/** The last entry found good. */
type Place = { position: number; hash: string };

/**
 * Whether a tenant's log is what was written: gapless, each entry unchanged, linked to the one before and sealed by us, and
 * every checkpoint met, one that was kept elsewhere too. Reads in batches, for some seconds at most; a long log is verified
 * by going on `after` the last position. BAD_USER_INPUT for a checkpoint that is not of this log.
 */
export async function verifyAuditLog(
  services: Pick<Services, 'database' | 'config'>,
  tenantId: string,
  args: { after?: number | null; checkpoint?: string | null },
): Promise<AuditVerification> {
  const key = await openCheckpointKey(services.config);
  const kept = args.checkpoint == null ? undefined : await key.read(args.checkpoint);
  if (args.checkpoint != null && kept?.tenantId !== tenantId) {
    throw badInput({ path: 'checkpoint', message: 'is no checkpoint of this log' });
  }
  // One moment of the log, whatever is appended or deleted meanwhile.
  return services.database.transaction(async (tx) => {
    await tx.setTransaction({ isolationLevel: 'repeatable read', accessMode: 'read only' });
    const walk = await startWalk(tx, services, key, tenantId, args.after ?? 0);
    const from = walk.place.position + 1;
    const head = await findAuditHead(tx, tenantId);
    const found = walk.broken ?? (await walkOn(tx, walk, head.position));
    const complete = walk.place.position >= head.position;
    const ended = !found && complete ? await endOfLog(tx, walk, head, kept) : undefined;
    const early = !found && kept ? await meets(tx, walk, kept) : undefined;
    const broken = found ?? early ?? ended;
    const checkpoint =
      broken || !complete || head.position === 0
        ? null
        : await key.sign({ tenantId, ...walk.place, signedAt: new Date().toISOString() });
    return {
      intact: !broken,
      from,
      to: walk.place.position,
      complete,
      brokenAt: broken?.brokenAt ?? null,
      reason: broken?.reason ?? null,
      checkpoint,
    };
  });
}

type Walk = {
  tenantId: string;
  key: CheckpointKey;
  sound: (entry: AuditEntryRow, before: Place) => AuditBreak | undefined;
  place: Place;
  /** Where what is left of the log begins. */
  start: number;
  broken?: Break;
};

async function startWalk(
  tx: Tx,
  { config }: Pick<Services, 'config'>,
  key: CheckpointKey,
  tenantId: string,
  after: number,
): Promise<Walk> {
  const { fits } = createSeal(config);
  const sound: Walk['sound'] = (entry, before) => {
    if (entry.position !== before.position + 1) return 'MISSING';
    if (hashOf(entry) !== entry.hash) return 'ALTERED';
    if (!fits(entry.hash, entry.seal)) return 'UNSEALED';
    return entry.previousHash === before.hash ? undefined : 'UNLINKED';
  };
  const stored = await findAuditStart(tx, tenantId);
  const start = stored ?? { position: 0, hash: genesis };
  const walk: Walk = { tenantId, key, sound, place: start, start: start.position };
  if (stored) {
    const signed = await key.read(stored.jws);
    const ours = signed?.start && signed.tenantId === tenantId && signed.position === stored.position;
    if (!ours || signed.hash !== stored.hash) {
      return { ...walk, broken: { brokenAt: stored.position, reason: 'CHECKPOINT' } };
    }
  }
  if (after <= start.position) return walk;
  const [entry] = await auditEntriesAfter(tx, { tenantId, upTo: after }, after - 1, 1);
  if (!entry) throw badInput({ path: 'after', message: 'is no position of this log' });
  const reason = sound(entry, { position: after - 1, hash: entry.previousHash });
  const place = { position: after, hash: entry.hash };
  return reason ? { ...walk, place, broken: { brokenAt: after, reason } } : { ...walk, place };
}

/** Goes on to `last`, or as far as the time allows. */
async function walkOn(tx: Tx, walk: Walk, last: number): Promise<Break | undefined> {
  const { tenantId } = walk;
  const deadline = Date.now() + budgetMs;
  while (walk.place.position < last && Date.now() < deadline) {
    const after = walk.place.position;
    const rows = await auditEntriesAfter(tx, { tenantId, upTo: last }, after, batch);
    if (rows.length === 0) return { brokenAt: after + 1, reason: 'MISSING' };
    const upTo = rows.at(-1)?.position ?? after;
    const checkpoints = await checkpointsBetween(tx, tenantId, { after, upTo });
    for (const row of rows) {
      const reason = walk.sound(row, walk.place);
      if (reason) return { brokenAt: walk.place.position + 1, reason };
      const own = checkpoints.find(({ position }) => position === row.position);
      if (own && !(await stands(walk, own, row.hash))) {
        return { brokenAt: row.position, reason: 'CHECKPOINT' };
      }
      walk.place = { position: row.position, hash: row.hash };
    }
  }
  return undefined;
}

async function stands({ key, tenantId }: Walk, row: AuditCheckpointRow, hash: string): Promise<boolean> {
  const signed = await key.read(row.jws);
  const same = signed?.tenantId === tenantId && signed.position === row.position;
  return same && signed.hash === hash && row.hash === hash;
}

/** The head, the newest checkpoint and one kept elsewhere know of no entry beyond the last. */
async function endOfLog(
  tx: Tx,
  { tenantId, place }: Walk,
  head: Place,
  kept: Place | undefined,
): Promise<Break | undefined> {
  const [beyond] = await auditEntriesAfter(tx, { tenantId }, place.position, 1);
  if (beyond || head.hash !== place.hash)
    return { brokenAt: place.position + (beyond ? 1 : 0), reason: 'UNLINKED' };
  const newest = await lastCheckpoint(tx, tenantId);
  const furthest = Math.max(newest?.position ?? 0, kept?.position ?? 0);
  return furthest > place.position ? { brokenAt: place.position + 1, reason: 'MISSING' } : undefined;
}

/** Whether the log still has the entry of a checkpoint that was kept elsewhere; what was deleted in time it need not have. */
async function meets(tx: Tx, { tenantId, start }: Walk, kept: Place): Promise<Break | undefined> {
  if (kept.position <= start) return undefined;
  const [entry] = await auditEntriesAfter(tx, { tenantId, upTo: kept.position }, kept.position - 1, 1);
  if (!entry) return undefined;
  return entry.hash === kept.hash ? undefined : { brokenAt: kept.position, reason: 'CHECKPOINT' };
}
