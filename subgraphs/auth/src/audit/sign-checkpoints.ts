import { type Repetition, repeat } from '@gatehouse/data';
import {
  checkpointsBefore,
  deleteAuditEntries,
  deleteCheckpointsBefore,
  findAuditStart,
  insertCheckpoint,
  logsWithoutCheckpoint,
  moveAuditStart,
} from '../queries/audit-checkpoints.ts';
import type { Services } from '../services.ts';
import { openCheckpointKey } from './audit-keys.ts';

type Deps = Pick<Services, 'database' | 'config' | 'logger'>;

/**
 * Signs how far each log has come, when it has grown by enough entries or the last checkpoint is old enough. Each is
 * logged too: what a log collector keeps, nobody who changes the database can take back.
 */
export async function signCheckpoints({ database, config, logger }: Deps): Promise<void> {
  const { auditCheckpointEntries: entries, auditCheckpointSeconds: seconds } = config;
  const due = await logsWithoutCheckpoint(database.db, { entries, seconds });
  if (due.length === 0) return;
  const key = await openCheckpointKey(config);
  for (const head of due) {
    const signedAt = new Date();
    const jws = await key.sign({ ...head, signedAt: signedAt.toISOString() });
    await insertCheckpoint(database.db, { ...head, signedAt, jws });
    logger.info({ ...head, jws }, 'audit checkpoint');
  }
}

/** How often logs are looked at for a checkpoint that is due. */
const pollMs = 10_000;

/** Signs what is due until it is stopped. */
export const startCheckpoints = (deps: Deps): Repetition =>
  repeat(pollMs, () =>
    signCheckpoints(deps).catch((err: unknown) =>
      deps.logger.warn({ err }, 'checkpoints are left for later'),
    ),
  );

const batch = 5_000;

/**
 * Deletes entries that were kept long enough: whole beginnings of logs, up to a checkpoint signed that long ago. The log
 * then starts at that checkpoint, signed once more as its start, and what follows still verifies.
 */
export async function removeOldEntries({ database, config, logger }: Deps): Promise<void> {
  if (config.auditDays === 0) return;
  const { db } = database;
  const keptSince = new Date(Date.now() - config.auditDays * 86_400_000);
  const ends = await checkpointsBefore(db, keptSince);
  if (ends.length === 0) return;
  const key = await openCheckpointKey(config);
  for (const { tenantId, position, hash, jws: checkpoint } of ends) {
    const start = await findAuditStart(db, tenantId);
    if (!start || start.position < position) {
      const signed = await key.read(checkpoint);
      if (signed?.tenantId !== tenantId || signed.position !== position || signed.hash !== hash) {
        logger.error(
          { tenantId, position },
          'nothing of an audit log is deleted: its checkpoint is not ours',
        );
        continue;
      }
      const jws = await key.sign({ ...signed, signedAt: new Date().toISOString(), start: true });
      await moveAuditStart(db, { tenantId, position, hash, jws });
    }
    while ((await deleteAuditEntries(db, tenantId, position, batch)) === batch);
    await deleteCheckpointsBefore(db, tenantId, position);
  }
}
