import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { type Manifest, manifestName } from './manifest.ts';

/** Files of a data folder beside the cluster, without which the cluster's data can't be used. */
const ownFiles = ['secrets.json', 'postgres.json', 'version.json'];

/**
 * Writes an archive, whole or not at all: a gzipped tar of the cluster's files below `postgres/`, the folder's own files, and the manifest
 * last. Readable by its owner only.
 */
export async function writeArchive(options: {
  file: string;
  dataDir: string;
  cluster: Readable;
  manifest: Omit<Manifest, 'files'>;
}): Promise<void> {
  const { file, dataDir, cluster, manifest } = options;
  const draft = `${file}.${process.pid}.tmp`;
  const pack = tar.pack();
  const out = createWriteStream(draft, { mode: 0o600, flags: 'wx' });
  try {
    await Promise.all([
      pipeline(pack, createGzip({ level: 1 }), out),
      fill(pack, cluster, dataDir, manifest).catch((error: Error) => void pack.destroy(error)),
    ]);
    await flush(draft);
    await rename(draft, file);
    await flush(dirname(file));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function fill(
  pack: tar.Pack,
  cluster: Readable,
  dataDir: string,
  manifest: Omit<Manifest, 'files'>,
): Promise<void> {
  const files: Manifest['files'] = {};
  const extract = tar.extract();
  // What fails on either side reaches the loop by the extractor.
  const feeding = pipeline(cluster, extract).catch((error: Error) => void extract.destroy(error));
  for await (const entry of extract) {
    const { type, size = 0 } = entry.header;
    const name = `postgres/${entry.header.name}`.replace(/\/(\.\/)+/g, '/');
    if (type === 'directory') {
      pack.entry({ name, type: 'directory', mode: 0o700 });
      entry.resume();
      continue;
    }
    if (type !== 'file') throw new Error(`the cluster holds ${name}, which is no plain file`);
    const hash = createHash('sha256');
    const target = pack.entry({ name, size, mode: 0o600 });
    await pipeline(
      entry,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk);
          yield chunk;
        }
      },
      target,
    );
    files[name] = { size, sha256: hash.digest('hex') };
  }
  await feeding;
  for (const name of await namesOf(dataDir)) {
    const content = await readFile(join(dataDir, name));
    pack.entry({ name, mode: 0o600 }, content);
    files[name] = { size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }
  pack.entry({ name: manifestName, mode: 0o600 }, JSON.stringify({ ...manifest, files } satisfies Manifest));
  pack.finalize();
}

/** The passports of a mixed deployment are among them, if there are any. */
async function namesOf(dataDir: string): Promise<string[]> {
  const passports = await readdir(join(dataDir, 'passports')).catch(() => []);
  return [...ownFiles, ...passports.map((name) => `passports/${name}`)];
}

/** On the disk, and not only on its way there. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
