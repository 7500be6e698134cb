import { badInput } from '@gatehouse/service-kit';
import { asc, desc, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.ts';

const defaultSize = 20;
const maxSize = 100;

export type PageArguments = {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
};

/** One page of a keyset: `limit` edges before or after `cursor`; without a cursor from that end of the list. */
export type Page<C> = { limit: number; direction: 'forward' | 'backward'; cursor: C | undefined };
export type PageInfo = {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
};
export type Edge<T> = { cursor: string; node: T };
export type Connection<T> = { edges: Edge<T>[]; nodes: T[]; pageInfo: PageInfo };

/**
 * Reads Relay's arguments: `first` (20 unless given, at most 100) with `after`, or `last` with `before`.
 * `shape` is what the cursors of this list hold. BAD_USER_INPUT for anything else.
 */
export function pageOf<S extends z.ZodType>(args: PageArguments, shape: S): Page<z.output<S>> {
  const { first, after, last, before } = args;
  const backward = last != null || (before != null && first == null);
  if (first != null && last != null) throw badInput({ path: 'last', message: 'cannot be used with first' });
  if (backward && after != null)
    throw badInput({ path: 'after', message: 'cannot be used with last or before' });
  if (!backward && before != null) throw badInput({ path: 'before', message: 'cannot be used with first' });
  const size = (backward ? last : first) ?? defaultSize;
  const path = backward ? 'last' : 'first';
  if (!Number.isInteger(size) || size < 1 || size > maxSize) {
    throw badInput({ path, message: `must be between 1 and ${maxSize}` });
  }
  const cursor = backward ? before : after;
  return {
    limit: size,
    direction: backward ? 'backward' : 'forward',
    cursor: cursor == null ? undefined : decodeCursor(shape, cursor, backward ? 'before' : 'after'),
  };
}

/**
 * Where, order and limit of a page, over columns that are together unique and sorted the same way.
 * `values` are the cursor's, in the order of the columns. One row more than the page is asked for: `connectionOf`
 * tells from it whether the list goes on.
 */
export function keyset<C>(
  page: Page<C>,
  columns: [PgColumn, ...PgColumn[]],
  valuesOf: (cursor: C) => unknown[],
  order: 'asc' | 'desc' = 'asc',
): { where: SQL | undefined; orderBy: SQL[]; limit: number } {
  const ascending = (order === 'asc') === (page.direction === 'forward');
  const list = (items: SQLWrapper[]) => sql`(${sql.join(items, sql`, `)})`;
  const bound = (value: unknown, index: number): SQL => sql`${sql.param(value, columns[index])}`;
  return {
    where:
      page.cursor === undefined
        ? undefined
        : sql`${list(columns)} ${sql.raw(ascending ? '>' : '<')} ${list(valuesOf(page.cursor).map(bound))}`,
    orderBy: columns.map((column) => (ascending ? asc(column) : desc(column))),
    limit: page.limit + 1,
  };
}

/** The connection of the rows that `keyset` found, in the list's own order whichever way the page was read. */
export function connectionOf<T, C>(rows: T[], page: Page<C>, cursorOf: (row: T) => C): Connection<T> {
  const more = rows.length > page.limit;
  const nodes = rows.slice(0, page.limit);
  if (page.direction === 'backward') nodes.reverse();
  const edges = nodes.map((node) => ({ cursor: encodeCursor(cursorOf(node)), node }));
  const beyond = page.cursor !== undefined;
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: page.direction === 'forward' ? more : beyond,
      hasPreviousPage: page.direction === 'backward' ? more : beyond,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
