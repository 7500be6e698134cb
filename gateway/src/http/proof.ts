import type { IncomingMessage } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { isAboutProof, type Proof, proofAlgorithms } from '../tokens/proofs.ts';

/** The proof of possession that came with a request; several make one that is not valid. */
export const proofOf = ({ headers, method = 'GET' }: IncomingMessage): Proof | null =>
  headers.dpop === undefined ? null : { jwt: String(headers.dpop), method };

/** What a refused request is told to present (RFC 6750 §3, RFC 9449 §7.1): a token of the kind it tried. */
export function challengeOf({ headers }: IncomingMessage, [error]: readonly GraphQLFormattedError[]): string {
  if (!headers.authorization?.toLowerCase().startsWith('dpop ')) {
    return 'Bearer realm="gatehouse", error="invalid_token"';
  }
  const code = isAboutProof(error?.extensions) ? 'invalid_dpop_proof' : 'invalid_token';
  return `DPoP realm="gatehouse", error="${code}", algs="${proofAlgorithms.join(' ')}"`;
}
