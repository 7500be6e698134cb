import { z } from 'zod';
import type { IdentityProvider, ProviderClaims } from '../tables/identity-provider.ts';

/** What a provider has said about somebody, in one form for all of them. */
export type ExternalIdentity = {
  /** Who it is there; never given to anybody else. */
  subject: string;
  /** What people call it: an address or a name. */
  account: string | null;
  email: string | null;
  /** The provider's word that it has verified the address. */
  emailVerified: boolean;
  firstName: string | null;
  lastName: string | null;
  /** Values of the claim that tells roles. */
  roles: string[];
  /** Methods by which they signed in there (RFC 8176). */
  amr: string[];
  scopes: string[];
  /** The ID token of a browser's sign-in, encrypted: with it the browser can be signed out there. */
  idTokenJwe?: string;
};

type Claims = Record<string, unknown>;

/** OpenID Connect Core §2: at most 255 ASCII characters. */
export const subjectShape = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}]*$/u);
const text = z.string().trim().min(1).max(320);
const maxRoles = 200;

const textOf = (value: unknown): string | null => text.safeParse(value).data ?? null;
const wordsOf = (value: unknown): string[] => {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[ ,]+/) : [];
  return list
    .filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= 200)
    .slice(0, maxRoles);
};

/** A claim by its name, else by its path: names with dots in them (`https://example.com/roles`) exist. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, part) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isObject ? (value as Claims)[part] : undefined;
  }, claims);
}

/** Of verified claims. Throws when they name nobody. */
export function identityOfClaims(
  { claims: names, scopes }: Pick<IdentityProvider, 'claims' | 'scopes'>,
  claims: Claims,
): ExternalIdentity {
  const { email: emailClaim, firstName, lastName, roles }: ProviderClaims = names;
  const email = textOf(claimAt(claims, emailClaim));
  return {
    subject: subjectShape.parse(claims.sub),
    account: email ?? textOf(claims.preferred_username) ?? textOf(claims.name),
    email,
    // Some send it as text; it speaks of `email` alone.
    emailVerified:
      email !== null &&
      email === textOf(claims.email) &&
      (claims.email_verified === true || claims.email_verified === 'true'),
    firstName: textOf(claimAt(claims, firstName)),
    lastName: textOf(claimAt(claims, lastName)),
    roles: roles === null ? [] : wordsOf(claimAt(claims, roles)),
    amr: wordsOf(claims.amr),
    scopes,
  };
}
