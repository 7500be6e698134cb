import type { LoginResult } from '../../generated/resolvers.ts';
import type { EmailRequired } from '../federation/external-sign-up.ts';
import type { PasswordExpired } from '../passwords/password-expired.ts';
import type { LoginResult as SignedIn } from '../sessions/sign-in.ts';

/** What came of a first step, as the union of the API. */
export function loginResult(result: SignedIn | PasswordExpired | EmailRequired): LoginResult {
  if ('accessToken' in result) return { __typename: 'TokenSet', ...result };
  if ('codeExpiresAt' in result) return { __typename: 'PasswordExpired', ...result };
  if ('signUpId' in result) return { __typename: 'EmailRequired', ...result };
  if ('methods' in result) return { __typename: 'MfaChallenge', ...result };
  return { __typename: 'MfaEnrolment', ...result };
}
