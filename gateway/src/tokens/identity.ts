import type { BlockList } from 'node:net';
import type { Principal } from '@gatehouse/identity';

type Credential = {
  /** SHA-256 of what was presented, base64url: that itself is not kept. */
  hash: string;
  /** A host it counts on; the tenant may have others. */
  host: string;
  tenantId: string;
  /** Id of the person or client it stands for. */
  subject: string;
  /** Null for what belongs to no session. */
  sessionId: string | null;
  /** Seconds since 1970. */
  expiresAt: number;
};

/** What the claims of a verified access token say, as far as the gateway needs it. */
export type VerifiedToken = Credential & {
  kind: 'access token';
  issuer: string;
  clientId: string;
  jti: string;
  /** Thumbprint of the key it is bound to (RFC 9449 §6.1); null for a bearer token. */
  jkt: string | null;
};

/** An API key that is known. */
export type VerifiedKey = Credential & { kind: 'API key'; apiKeyId: string };

/** An access token of an identity provider, of somebody who is linked to it: `subject` is the user here. */
export type VerifiedProvided = Credential & {
  kind: 'provided token';
  providerId: string;
  externalSubject: string;
  amr: readonly string[];
  /** Seconds since 1970; 0 when it does not say. */
  authTime: number;
};

/** What was presented and is genuine; whether it stands is another question. */
export type Verified = VerifiedToken | VerifiedKey | VerifiedProvided;

/** Whose changes make what is known of it out of date: ids as revocations name them. */
export const dependsOn = (token: Verified): string[] =>
  token.kind === 'provided token' ? [token.subject, token.providerId] : [token.subject];

/** What auth says of it at this moment, as gateways share it. */
export type Standing = {
  principal: Principal;
  /** Seconds since 1970; the secret of a rotated API key ends earlier than was known when it was first seen. */
  expiresAt: number;
  /** Addresses and CIDR ranges it may be presented from; none is any. */
  allowedAddresses: readonly string[];
};

/** What stands at this moment, and whom it stands for. */
export type Identity = { token: Verified; principal: Principal; addresses: BlockList | null };
