import { type ErrorCode, GatehouseError, isErrorCode } from '@gatehouse/service-kit';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';

/** An operation that is not executed: what the client is told, and nothing happened. */
export class OperationRefused extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super(errors[0]?.message);
    this.name = 'OperationRefused';
    this.errors = errors;
  }
}

/** The code of a refusal, or undefined for a surprise. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof GatehouseError) return error.code;
  const code = error instanceof OperationRefused ? error.errors[0]?.extensions?.code : undefined;
  return isErrorCode(code) ? code : undefined;
}

/** Errors of parsing, validating and coercing, under one code. */
export const refused = (code: ErrorCode, errors: readonly GraphQLError[]): OperationRefused =>
  new OperationRefused(
    errors.map(({ message, locations }) => ({ message, locations, extensions: { code } })),
  );
