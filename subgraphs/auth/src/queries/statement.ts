import { prepared } from '@gatehouse/data';

/**
 * A prepared statement, whose rows hold no times: statements answer them as epoch milliseconds. For the paths of the token
 * core, which run many times a second; the rest uses drizzle's builder.
 */
export const statement = <R extends Record<string, unknown>>(name: string, text: string) =>
  prepared<R>(`auth_${name}`, text);
