import type { Executor } from '@gatehouse/data';
import { eq } from 'drizzle-orm';
import {
  alertRule,
  apiKey,
  identityProvider,
  loginPolicy,
  mfaPolicy,
  oauthClient,
  oidcArtifact,
  riskPolicy,
  signingKey,
} from '../tables/index.ts';

/** What is a tenant's own and nobody's of its people. The audit log and security events go with their retention. */
const ofTenant = [
  alertRule,
  apiKey,
  identityProvider,
  loginPolicy,
  mfaPolicy,
  oauthClient,
  oidcArtifact,
  riskPolicy,
  signingKey,
];

export async function eraseTenantRows(tx: Executor, tenantId: string): Promise<void> {
  for (const table of ofTenant) await tx.delete(table).where(eq(table.tenantId, tenantId));
}
