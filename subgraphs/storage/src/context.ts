import type { Database } from '@gatehouse/data';
import type { Caller } from '@gatehouse/identity';
import type DataLoader from 'dataloader';
import type { Document } from './tables/document.ts';

export type Context = {
  caller: Caller;
  /** What a mutation changes it through: its transaction tells the audit log of it. */
  database: Database;
  /** Documents by id as this caller may see them, read together. */
  documents: DataLoader<string, Document | null>;
};
