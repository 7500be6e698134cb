import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type CryptoKey, importJWK, type JSONWebKeySet } from 'jose';
import { IssuerKeysDocument } from '../../generated/calls.ts';
import { createKnownIssuers, type KnownIssuers } from './known-issuers.ts';

/** An issuer of ours with the keys that are bound to it. */
export type Issuer = { tenantId: string; host: string; keys: ReadonlyMap<string, CryptoKey> };

export type Issuers = Pick<KnownIssuers<Issuer>, 'withKey' | 'has'>;

export const createIssuers = (call: CallSubgraph, mayAskAboutUnknown: () => boolean): Issuers =>
  createKnownIssuers(
    async (name) => {
      const { issuerKeys } = await call('auth', IssuerKeysDocument, { issuer: name });
      return issuerKeys && issuerKeys.issuer === name ? await issuerOf(issuerKeys) : null;
    },
    { mayAskAboutUnknown },
  );

async function issuerOf(answer: { tenantId: string; host: string; jwks: unknown }): Promise<Issuer> {
  const keys = new Map<string, CryptoKey>();
  for (const jwk of (answer.jwks as JSONWebKeySet).keys) {
    if (jwk.kid && jwk.kty === 'EC' && jwk.crv === 'P-256') {
      keys.set(jwk.kid, (await importJWK(jwk, 'ES256')) as CryptoKey);
    }
  }
  return { tenantId: answer.tenantId, host: answer.host.toLowerCase(), keys };
}
