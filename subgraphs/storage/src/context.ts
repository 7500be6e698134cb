import type { Caller } from '@gatehouse/identity';
import type DataLoader from 'dataloader';
import type { Document } from './tables/document.ts';

export type Context = {
  caller: Caller;
  /** Documents by id as this caller may see them, read together. */
  documents: DataLoader<string, Document | null>;
};
