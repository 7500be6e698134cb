import { constants, setPriority } from 'node:os';
import { compareSync, hashSync } from 'bcryptjs';

// On Linux this is about the calling thread alone: a crowd that signs in leaves the event loop, and PostgreSQL, their turn.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

export type PasswordTask =
  | { kind: 'hash'; password: string; cost: number }
  | { kind: 'compare'; password: string; hash: string }
  | { kind: 'common'; password: string };

/** Kept by this thread, which goes when nothing is to be done: a list that long costs nothing while nobody chooses a password. */
let common: Promise<ReadonlySet<string>> | undefined;

async function loadCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}

/** Digits and signs around a common password don't make it another one. */
const core = (password: string) => password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');

async function isCommon(password: string): Promise<boolean> {
  common ??= loadCommon();
  const known = await common;
  const text = password.toLowerCase();
  const [, unit = text] = /^(.{1,}?)\1+$/u.exec(text) ?? [];
  return [text, unit, core(text)].some((candidate) => known.has(candidate)) || new Set(text).size < 3;
}

/** Runs in a worker thread: bcrypt would hold up the event loop for as long as it takes. */
export default function run(task: PasswordTask): string | boolean | Promise<boolean> {
  if (task.kind === 'common') return isCommon(task.password);
  return task.kind === 'hash' ? hashSync(task.password, task.cost) : compareSync(task.password, task.hash);
}
