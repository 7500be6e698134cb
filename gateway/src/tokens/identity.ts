import type { Principal } from '@gatehouse/identity';

/** What the claims of a verified access token say, as far as the gateway needs it. */
export type VerifiedToken = {
  /** SHA-256 of the token, base64url: the token itself is not kept. */
  hash: string;
  issuer: string;
  /** The issuer's own host; the tenant may have others. */
  host: string;
  tenantId: string;
  subject: string;
  clientId: string;
  jti: string;
  /** Null for a client's token. */
  sessionId: string | null;
  /** Seconds since 1970. */
  expiresAt: number;
};

/** A token that stands at this moment, and whom it stands for. */
export type Identity = { token: VerifiedToken; principal: Principal };
