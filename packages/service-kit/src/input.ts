import type { z } from 'zod';
import { badInput, type FieldProblem } from './errors.ts';

/**
 * Reads hostile input with a schema: the parsed value, or `BAD_USER_INPUT` naming every field that broke a rule.
 * The offending values are never repeated in the message.
 */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const [unstorable, ...others] = unstorableStrings(input);
  if (unstorable) throw badInput(unstorable, ...others);
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.map(
    (issue): FieldProblem => ({ path: issue.path.join('.') || 'input', message: issue.message }),
  );
  const [first, ...rest] = fields;
  throw badInput(first ?? { path: 'input', message: 'is not valid' }, ...rest);
}

/** Strings that no field can mean, whatever its rules: PostgreSQL stores neither NUL nor half of a surrogate pair. */
function unstorableStrings(value: unknown, path: readonly string[] = []): FieldProblem[] {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return [];
    return [{ path: path.join('.') || 'input', message: 'holds characters that are not allowed' }];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => unstorableStrings(inner, [...path, key]));
}
