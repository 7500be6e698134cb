import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartupError } from '@gatehouse/service-kit';

const run = promisify(execFile);

/** How to start PostgreSQL's programs: they refuse to run as root. */
export type RunAs = {
  /** The owner that its files need; nothing when we are an ordinary user. */
  owner: { uid: number; gid: number } | undefined;
  spawn(command: string, args: string[], options: SpawnOptions): ReturnType<typeof spawn>;
};

/**
 * An ordinary user runs the programs as they are. Root runs them as the system user `postgres`, else `nobody`; where
 * that user can't walk to one of `paths`, with the one capability that lets it (needs util-linux' setpriv).
 */
export async function chooseUser(paths: string[]): Promise<RunAs> {
  if (process.getuid?.() !== 0) {
    return { owner: undefined, spawn: (command, args, options) => spawn(command, args, options) };
  }
  const owner = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (!owner) {
    throw new StartupError(
      'PostgreSQL does not run as root and the users postgres and nobody do not exist here.',
    );
  }
  const closed = await firstClosed(paths, owner);
  if (!closed) {
    return { owner, spawn: (command, args, options) => spawn(command, args, { ...options, ...owner }) };
  }
  const setpriv = await findSetpriv(owner);
  if (!setpriv) {
    throw new StartupError(
      `PostgreSQL does not run as root, and the user it would run as may not enter ${closed}. Start Gatehouse as an ordinary user, move it out of that folder, or run: chmod o+x ${closed}`,
    );
  }
  return {
    owner,
    spawn: (command, args, options) => spawn('setpriv', [...setpriv, command, ...args], options),
  };
}

async function lookUp(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** The first folder on the way to one of `paths` that `user` may not enter. */
async function firstClosed(paths: string[], user: { uid: number; gid: number }): Promise<string | undefined> {
  for (const target of paths) {
    const { root } = path.parse(target);
    let folder = root;
    for (const part of path.relative(root, target).split(path.sep)) {
      folder = path.join(folder, part);
      const { mode, uid, gid } = await stat(folder);
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return folder;
    }
  }
  return undefined;
}

async function findSetpriv(user: { uid: number; gid: number }): Promise<string[] | undefined> {
  const args = [
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_read_search',
    '--ambient-caps=+dac_read_search',
    // Else access(2), which initdb asks about its neighbour programs, ignores the capability.
    '--securebits=+no_setuid_fixup',
  ];
  try {
    await run('setpriv', [...args, 'true'], { cwd: '/' });
    return args;
  } catch {
    return undefined;
  }
}
