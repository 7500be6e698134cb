import type { Services } from './services.ts';
import { issuerOf } from './tenants.ts';

/** The public keys of an issuer of ours, with its tenant; null for any other. */
export async function issuerKeys(services: Services, identifier: string) {
  const issuer = await services.issuers.byIdentifier(identifier);
  if (!issuer) return null;
  const { tenant, publicKeys } = issuer;
  return {
    issuer: issuerOf(tenant),
    tenantId: tenant.id,
    host: tenant.primaryHost,
    jwks: { keys: publicKeys },
  };
}
