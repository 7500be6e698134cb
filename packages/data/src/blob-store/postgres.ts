import { addAbortSignal, Readable } from 'node:stream';
import { newId } from '../columns.ts';
import type { Database } from '../database.ts';
import { violatedConstraint } from '../query-error.ts';
import { repeat } from '../repeat.ts';
import { type BlobStore, BlobStoreError, resolveRange, type StoredBlob } from './blob-store.ts';
import { chunkBytes, chunker } from './chunks.ts';
import { readBytes } from './read-bytes.ts';

/** A write that stored nothing for this long belongs to a process that died. */
const abandonedAfter = '15 minutes';

type BlobRow = StoredBlob & { id: string };

/**
 * The blob port over chunks in PostgreSQL. A write holds no transaction and no connection while its source is slow;
 * what a crash leaves behind is removed every `sweepEveryMs` (5 min).
 */
export function openPostgresBlobStore(
  database: Database,
  options: { sweepEveryMs?: number } = {},
): BlobStore {
  const { pool } = database;
  const sweeping = repeat(options.sweepEveryMs ?? 300_000, () =>
    pool.query(
      `delete from platform.blob where id in (select id from platform.blob
        where completed_at is null and touched_at < now() - $1::interval limit 100 for update skip locked)`,
      [abandonedAfter],
    ),
  );

  async function find(name: string): Promise<BlobRow | undefined> {
    const { rows } = await pool.query<Omit<BlobRow, 'size'> & { size: string }>({
      name: 'blob_find',
      text: 'select id, size, sha256, created_at as "createdAt" from platform.blob where name = $1 and completed_at is not null',
      values: [name],
    });
    return rows[0] && { ...rows[0], size: Number(rows[0].size) };
  }

  async function append(id: string, position: number, data: Buffer): Promise<void> {
    // The row of the attempt is touched first: when a sweep took it, the write fails instead of losing chunks.
    const { rowCount } = await pool.query({
      name: 'blob_append',
      text: `with touched as (update platform.blob set touched_at = now() where id = $1 returning id)
        insert into platform.blob_chunk (blob_id, position, data) select id, $2, $3 from touched`,
      values: [id, position, data],
    });
    if (rowCount !== 1) throw new Error('the write was abandoned for too long');
  }

  return {
    async write(name, source, { maxBytes, signal }) {
      const id = newId();
      await pool.query('insert into platform.blob (id, name) values ($1, $2)', [id, name]);
      try {
        const readable = source instanceof Readable ? source : Readable.from(source, { objectMode: false });
        if (signal) addAbortSignal(signal, readable);
        // Not destroyed when we stop early: an HTTP request must still be answered.
        const { chunks, result } = chunker(readable.iterator({ destroyOnReturn: false }), maxBytes);
        let position = 0;
        for await (const chunk of chunks()) await append(id, position++, chunk);
        const { size, sha256 } = result();
        await pool.query(
          'update platform.blob set size = $2, sha256 = $3, completed_at = now() where id = $1',
          [id, size, sha256],
        );
        return { size, sha256 };
      } catch (error) {
        // If this fails as well, the sweep does it later.
        await pool.query('delete from platform.blob where id = $1', [id]).catch(() => {});
        if (violatedConstraint(error) === 'blob_name') {
          throw new BlobStoreError('EXISTS', `blob "${name}" exists`);
        }
        throw error;
      }
    },
    async read(name, range) {
      const row = await find(name);
      if (!row) throw new BlobStoreError('NOT_FOUND', `blob "${name}" does not exist`);
      const { start, length } = resolveRange(row.size, range);
      return Readable.from(readBytes(pool, row.id, start, length), {
        objectMode: false,
        highWaterMark: chunkBytes,
      });
    },
    async stat(name) {
      const row = await find(name);
      return row && { size: row.size, sha256: row.sha256, createdAt: row.createdAt };
    },
    async delete(name) {
      const { rowCount } = await pool.query(
        'delete from platform.blob where name = $1 and completed_at is not null',
        [name],
      );
      return rowCount === 1;
    },
    async list({ after, limit, createdBefore }) {
      const { rows } = await pool.query<{ name: string }>({
        name: 'blob_list',
        text: 'select name from platform.blob where completed_at < $1 and name > $2 order by name limit $3',
        values: [createdBefore, after ?? '', limit],
      });
      return rows.map(({ name }) => name);
    },
    close: () => sweeping.stop(),
  };
}
