import { acrs } from '@gatehouse/identity';

/** How surely a person was authenticated (OpenID Connect Core §2, `acr`), weakest first. */
export const acrValues = [acrs.singleFactor, acrs.multiFactor] as const;

/** Whether a session's class is one of those asked for, or a stronger one. Classes that are not ours are met by none. */
export function satisfies(acr: string | undefined, requested: readonly string[]): boolean {
  const known: readonly (string | undefined)[] = acrValues;
  const rank = (value: string | undefined) => known.indexOf(value);
  return requested.some((value) => rank(value) >= 0 && rank(acr) >= rank(value));
}
