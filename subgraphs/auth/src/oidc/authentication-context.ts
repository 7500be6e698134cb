/** How surely a person was authenticated (OpenID Connect Core §2, `acr`), weakest first. */
export const acrValues = ['urn:gatehouse:acr:1fa', 'urn:gatehouse:acr:2fa'] as const;

/** The methods (RFC 8176) that were used, as a context class: `mfa` says that several factors were. */
export const acrOf = (amr: readonly string[]): (typeof acrValues)[number] =>
  amr.includes('mfa') ? 'urn:gatehouse:acr:2fa' : 'urn:gatehouse:acr:1fa';

/** Whether a session's class is one of those asked for, or a stronger one. Classes that are not ours are met by none. */
export function satisfies(acr: string | undefined, requested: readonly string[]): boolean {
  const known: readonly (string | undefined)[] = acrValues;
  const rank = (value: string | undefined) => known.indexOf(value);
  return requested.some((value) => rank(value) >= 0 && rank(acr) >= rank(value));
}
