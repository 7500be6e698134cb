import type { z } from 'zod';
import { badInput, type FieldProblem } from './errors.ts';

/**
 * Reads hostile input with a schema: the parsed value, or `BAD_USER_INPUT` naming every field that broke a rule.
 * The offending values are never repeated in the message.
 */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.map(
    (issue): FieldProblem => ({ path: issue.path.join('.') || 'input', message: issue.message }),
  );
  const [first, ...rest] = fields;
  throw badInput(first ?? { path: 'input', message: 'is not valid' }, ...rest);
}
