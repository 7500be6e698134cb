/**
 * The text of a fetch without the name that the planner gave it after the client's operation: without it, operations share
 * their fetches.
 */
export const withoutName = (query: string, operationName: string | undefined): string =>
  operationName ? query.replace(operationName, '') : query;
