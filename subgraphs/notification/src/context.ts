import type { Database } from '@gatehouse/data';
import type { Caller } from '@gatehouse/identity';

export type Context = {
  caller: Caller;
  /** What a mutation changes it through: its transaction tells the audit log of it. */
  database: Database;
};
