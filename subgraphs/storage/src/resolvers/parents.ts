import type { Document } from '../tables/document.ts';

export type UserParent = { id: string };
export type DocumentParent = Document;
