import type { Files } from './files.ts';

/** A write that gave no sign of life for this long belongs to a process that died. */
const abandonedAfterMs = 15 * 60_000;
const batch = 100;

/** Removes what was never finished, and what was deleted but not to the end. */
export async function sweepFiles({ files, chunks }: Files): Promise<void> {
  for (;;) {
    const before = new Date(Date.now() - abandonedAfterMs);
    const left = await files
      .find({ 'metadata.state': { $in: ['writing', 'deleted'] }, 'metadata.touchedAt': { $lt: before } })
      .limit(batch)
      .toArray();
    for (const { _id, metadata } of left) {
      // A writer that lives after all finds its file gone, and fails.
      const { matchedCount } = await files.updateOne(
        { _id, 'metadata.state': metadata.state, 'metadata.touchedAt': metadata.touchedAt },
        { $set: { 'metadata.state': 'deleted' } },
      );
      if (matchedCount === 0) continue;
      await chunks.deleteMany({ files_id: _id });
      await files.deleteOne({ _id });
    }
    if (left.length < batch) return;
  }
}
