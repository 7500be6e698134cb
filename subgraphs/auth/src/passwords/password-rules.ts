import { badInput } from '@gatehouse/service-kit';

/** bcrypt looks at 72 bytes; a longer password would be cut silently, so it is refused. */
export const maxPasswordBytes = 72;

/**
 * The password in the form it is hashed in, or BAD_USER_INPUT on `path`. Unicode is normalised to NFC, so that the same
 * characters typed on another system are the same password.
 */
export function readPassword(
  { passwordMinLength }: { passwordMinLength: number },
  password: string,
  path: string,
): string {
  const normalised = password.normalize('NFC');
  const refuse = (message: string) => badInput({ path, message });
  if ([...normalised].length < passwordMinLength)
    throw refuse(`must have at least ${passwordMinLength} characters`);
  if (Buffer.byteLength(normalised) > maxPasswordBytes)
    throw refuse(`must not exceed ${maxPasswordBytes} bytes`);
  if (normalised.includes('\0')) throw refuse('must not contain NUL');
  return normalised;
}

/** Whether a password could be anybody's: one longer than any that was accepted is wrong without being compared whole. */
export const fitsBcrypt = (password: string): boolean =>
  Buffer.byteLength(password.normalize('NFC')) <= maxPasswordBytes && !password.includes('\0');
