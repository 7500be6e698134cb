import { GatehouseError, type Metrics } from '@gatehouse/service-kit';
import { Piscina } from 'piscina';
import type { AuthConfig } from '../config.ts';
import type { PasswordTask } from './password-worker.ts';

export type Passwords = {
  /** bcrypt; OVERLOADED when too many wait. */
  hash(password: string): Promise<string>;
  /** Whether the password fits. Without a hash a false one of the same cost is compared, in the same time. */
  compare(password: string, hash: string | undefined): Promise<boolean>;
  /** Whether it is among those that are tried first, also with digits and signs around it. */
  isCommon(password: string): Promise<boolean>;
  /** Whether the hash was made with another cost than is configured now. */
  isOutdated(hash: string): boolean;
  close(): Promise<void>;
};

const durationDefinition = {
  name: 'gatehouse_auth_password_duration_seconds',
  help: 'Time that hashing or comparing a password took, waiting for a thread included.',
  labels: ['task'],
} as const;

const refusedDefinition = {
  name: 'gatehouse_auth_passwords_refused_total',
  help: 'Passwords that were not looked at since too many waited (OVERLOADED).',
} as const;

const waitingDefinition = {
  name: 'gatehouse_auth_passwords_waiting',
  type: 'gauge',
  help: 'Passwords that wait for a thread to hash or compare them.',
} as const;

/** Well-formed, of no password: 22 characters of salt and 31 of hash. */
const falseHash = (cost: number): string =>
  `$2b$${String(cost).padStart(2, '0')}$${'gatehousegatehousegat.'}${'gatehousegatehousegatehousegate'}`;

/** bcrypt in worker threads that come and go with the load, behind a bounded queue. */
export function openPasswords(
  config: Pick<AuthConfig, 'bcryptCost' | 'passwordThreads' | 'passwordQueue'>,
  metrics: Metrics,
): Passwords {
  const pool = new Piscina<PasswordTask, string | boolean>({
    filename: new URL('./password-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: config.passwordThreads,
    maxQueue: config.passwordQueue,
    idleTimeout: 30_000,
  });
  const noAccount = falseHash(config.bcryptCost);
  const durations = metrics.histogram(durationDefinition);
  const refused = metrics.counter(refusedDefinition)();
  const unmeasure = metrics.observe({ waiting: waitingDefinition }, () => ({
    waiting: [{ value: pool.queueSize }],
  }));

  const run = async (task: PasswordTask) => {
    if (pool.queueSize >= config.passwordQueue) {
      refused.add();
      throw new GatehouseError('OVERLOADED', 'Too many passwords are being checked.', { retryAfter: 1 });
    }
    const startedAt = performance.now();
    const answer = await pool.run(task);
    durations({ task: task.kind }).observeSince(startedAt);
    return answer;
  };

  return {
    async hash(password) {
      return String(
        await run({ kind: 'hash', password: password.normalize('NFC'), cost: config.bcryptCost }),
      );
    },
    async compare(password, hash) {
      const task: PasswordTask = {
        kind: 'compare',
        password: password.normalize('NFC'),
        hash: hash ?? noAccount,
      };
      return (await run(task)) === true && hash !== undefined;
    },
    isCommon: async (password) => (await run({ kind: 'common', password })) === true,
    isOutdated: (hash) => Number(hash.split('$')[2]) < config.bcryptCost,
    close: () => {
      unmeasure();
      return pool.destroy();
    },
  };
}
