import { type Connection, connectionOf, type Database, type PageArguments, pageOf } from '@gatehouse/data';
import { accountKey, type Principal } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { pageOfDocuments, type Visible } from './queries/documents.ts';
import type { Document } from './tables/document.ts';

const cursor = z.object({ id: z.uuid() });
const filterShape = z.object({
  filter: z
    .object({
      kind: z.string().max(50).nullish(),
      tag: z.string().max(50).nullish(),
      name: z
        .string()
        .max(255)
        .transform((text) => text.normalize('NFC'))
        .nullish(),
      ownerId: z.uuid().nullish(),
    })
    .nullish(),
});

const empty: Connection<Document> = {
  edges: [],
  nodes: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
};

/** A page of the stored documents that are visible to somebody, newest first; an empty one when nothing is. */
export async function listDocuments(
  deps: { database: Database },
  principal: Principal | null,
  visible: Visible | null,
  args: PageArguments & { filter?: unknown },
): Promise<Connection<Document>> {
  const page = pageOf(args, cursor);
  const { filter } = readInput(filterShape, { filter: args.filter });
  if (!visible) return empty;
  const caller = principal && accountKey(principal);
  const rows = await deps.database.onReplica(caller, (db) =>
    pageOfDocuments(db, visible, filter ?? {}, page),
  );
  return connectionOf(rows, page, ({ id }) => ({ id }));
}
