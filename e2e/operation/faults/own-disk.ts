import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk } from './part.ts';

/** Far more than is ever used: what is not used takes no memory. */
const size = '2g';

/** A folder on a disk of its own that can be full; undefined where this process may not mount one. */
export async function ownDisk(): Promise<(Disk & { folder: string; close(): Promise<void> }) | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-disk-'));
  const mount = (...args: string[]) => spawnSync('mount', args).status === 0;
  if (!mount('-t', 'tmpfs', '-o', `size=${size},mode=0711`, 'none', folder)) {
    await rm(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    async fill() {
      for (let attempt = 0; attempt < 50; attempt++) {
        const { blocks, bfree, bsize } = await statfs(folder);
        if (mount('-o', `remount,size=${(blocks - bfree) * bsize}`, folder)) return;
      }
      throw new Error('the disk could not be made small');
    },
    async free() {
      if (!mount('-o', `remount,size=${size}`, folder)) throw new Error('the disk could not be made large');
    },
    async close() {
      spawnSync('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
