import { GatehouseError } from '@gatehouse/service-kit';
import type { LoginPolicy } from './login-policy.ts';

/**
 * FORBIDDEN where nobody signs in with a password, before anything is asked about the account: none is taken there, as proof or
 * as a new one.
 */
export function requirePasswordSignIn({ passwordSignIn }: Pick<LoginPolicy, 'passwordSignIn'>): void {
  if (passwordSignIn) return;
  throw new GatehouseError('FORBIDDEN', 'Nobody signs in with a password here.');
}
