import type { AuthConfig } from '../config.ts';
import { deriveKey, hmac } from '../oidc/secrets.ts';

/** The code of a request, 256 bits; derived, so that a mail that is prepared again after a crash holds the same one. */
export const emailChangeCode = ({ secret }: Pick<AuthConfig, 'secret'>, requestId: string): string =>
  hmac(deriveKey(secret, 'changes of e-mail addresses'), requestId);
