import { badInput } from '@gatehouse/service-kit';
import type { z } from 'zod';

/** Longer than any cursor this server makes; a longer one is not looked at. */
const maxLength = 1_024;

/** An opaque cursor: base64url of JSON. Clients hand it back as it is. */
export const encodeCursor = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** The value of a cursor, checked against `shape`; BAD_USER_INPUT on `path` when it is not one of ours. */
export function decodeCursor<S extends z.ZodType>(shape: S, cursor: string, path: string): z.output<S> {
  const result = shape.safeParse(cursor.length <= maxLength ? parse(cursor) : undefined);
  if (!result.success) throw badInput({ path, message: 'is not a cursor of this list' });
  return result.data;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
