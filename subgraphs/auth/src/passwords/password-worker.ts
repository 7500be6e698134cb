import { constants, setPriority } from 'node:os';
import { compareSync, hashSync } from 'bcryptjs';

// On Linux this is about the calling thread alone: a crowd that signs in leaves the event loop, and PostgreSQL, their turn.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

export type PasswordTask =
  | { kind: 'hash'; password: string; cost: number }
  | { kind: 'compare'; password: string; hash: string };

/** Runs in a worker thread: bcrypt would hold up the event loop for as long as it takes. */
export default function run(task: PasswordTask): string | boolean {
  return task.kind === 'hash' ? hashSync(task.password, task.cost) : compareSync(task.password, task.hash);
}
