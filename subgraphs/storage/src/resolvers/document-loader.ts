import type { Database } from '@gatehouse/data';
import type { Caller } from '@gatehouse/identity';
import DataLoader from 'dataloader';
import { isId } from '../is-id.ts';
import { documentsById } from '../queries/documents.ts';
import type { Document } from '../tables/document.ts';
import { visibleTo } from '../visible-documents.ts';

/** Reads the documents that one request asks for in one statement; null for those its caller may not see. */
export function documentLoader(database: Database, caller: Caller): DataLoader<string, Document | null> {
  const visible = visibleTo(caller.principal);
  return new DataLoader(async (ids) => {
    const asked = ids.filter((id) => isId(id));
    const rows = visible && asked.length > 0 ? await documentsById(database.db, visible, asked) : [];
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
  });
}
