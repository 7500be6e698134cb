import { badInput } from '@gatehouse/service-kit';
import type { AuthConfig } from '../config.ts';

/** bcrypt looks at 72 bytes; a longer password would be cut silently, so it is refused. */
const maxBytes = 72;

/**
 * The password in the form it is hashed in, or BAD_USER_INPUT on `path`. Unicode is normalised to NFC, so that the same
 * characters typed on another system are the same password.
 */
export function readPassword(
  config: Pick<AuthConfig, 'passwordMinLength'>,
  password: string,
  path: string,
  email?: string,
): string {
  const normalised = password.normalize('NFC');
  const refuse = (message: string) => badInput({ path, message });
  if ([...normalised].length < config.passwordMinLength) {
    throw refuse(`must have at least ${config.passwordMinLength} characters`);
  }
  if (Buffer.byteLength(normalised) > maxBytes) throw refuse(`must not exceed ${maxBytes} bytes`);
  if (normalised.includes('\0')) throw refuse('must not contain NUL');
  if (email && normalised.toLowerCase() === email.toLowerCase())
    throw refuse('must not be the e-mail address');
  return normalised;
}

/** Whether a password could be anybody's: one longer than any that was accepted is wrong without being compared whole. */
export const fitsBcrypt = (password: string): boolean =>
  Buffer.byteLength(password.normalize('NFC')) <= maxBytes && !password.includes('\0');
