import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { StartupError } from '@gatehouse/service-kit';
import tar from 'tar-stream';
import { type Manifest, manifestName, parseManifest } from './manifest.ts';

/** Takes one file or folder of an archive; a file's bytes have to be read to their end. */
export type Take = (
  entry: { name: string; type: 'file' | 'directory' },
  bytes: AsyncIterable<Buffer>,
) => Promise<void>;

const maxManifestBytes = 16 * 1024 * 1024;
/** Relative, without a way out: what a name of ours looks like. */
const plainName = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.-]+(?:\/[\w.-]+)*\/?$/;
const ownNames = /^(?:postgres(?:\/.*)?|passports\/[^/]+|secrets\.json|postgres\.json|version\.json)$/;

/**
 * Reads an archive from the first byte to the last and checks every file against the manifest, which it answers. StartupError when it is
 * damaged, truncated, no archive of ours, or of a newer version.
 */
export async function readArchive(file: string, take: Take): Promise<Manifest> {
  const found: Manifest['files'] = {};
  let manifest: Manifest | undefined;
  const extract = tar.extract();
  const feeding = pipeline(createReadStream(file), createGunzip(), extract);
  feeding.catch((error: Error) => void extract.destroy(error));
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      if (manifest) throw damaged('there is something after its end');
      if (name === manifestName) {
        manifest = parseManifest(await textOf(entry));
        continue;
      }
      if (!plainName.test(name) || !ownNames.test(name))
        throw damaged('it holds files that no backup writes');
      if (type === 'directory') {
        await take({ name, type }, entry);
        entry.resume();
        continue;
      }
      if (type !== 'file' || found[name]) throw damaged('it holds files that no backup writes');
      const { bytes, result } = hashing(entry);
      await take({ name, type }, bytes);
      found[name] = result();
    }
    await feeding;
  } catch (error) {
    if (error instanceof StartupError || isOurs(error)) throw error;
    throw damaged((error as Error).message);
  }
  if (!manifest) throw damaged('its end is missing');
  const names = new Set([...Object.keys(manifest.files), ...Object.keys(found)]);
  for (const name of names) {
    const [told, is] = [manifest.files[name], found[name]];
    if (!is || told?.sha256 !== is.sha256 || told.size !== is.size) throw damaged(`${name} is not as it was`);
  }
  return manifest;
}

function hashing(source: AsyncIterable<Buffer>) {
  const hash = createHash('sha256');
  let size = 0;
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  return { bytes: bytes(), result: () => ({ size, sha256: hash.digest('hex') }) };
}

const damaged = (why: string) => new StartupError(`The archive is damaged: ${why}.`);

/** What the file system says is no fault of the archive: it can't be read, or the disk is full. */
const isOurs = (error: unknown): boolean => {
  const { syscall, code } = error as NodeJS.ErrnoException;
  return syscall !== undefined || code === 'ENOSPC';
};

async function textOf(entry: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of entry) {
    size += chunk.length;
    if (size > maxManifestBytes) throw damaged('its manifest is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
