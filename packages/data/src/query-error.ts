import pg from 'pg';

/** PostgreSQL's own error behind a driver's or drizzle's wrapper. */
export function databaseErrorOf(error: unknown): pg.DatabaseError | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    if (current instanceof pg.DatabaseError) return current;
  }
  return undefined;
}

/** The name of the constraint that a statement broke, so that a query can turn it into a domain error. */
export const violatedConstraint = (error: unknown): string | undefined => databaseErrorOf(error)?.constraint;
