import type { Executor } from '@gatehouse/data';
import { eq } from 'drizzle-orm';
import * as tables from '../tables/index.ts';

/** What is a tenant's own and nobody's of its people. The audit log and security events go with their retention. */
const ofTenant = [
  tables.alertRule,
  tables.apiKey,
  tables.identityProvider,
  tables.loginPolicy,
  tables.mfaPolicy,
  tables.oauthClient,
  tables.oidcArtifact,
  tables.riskPolicy,
  tables.signingKey,
];

export async function eraseTenantRows(tx: Executor, tenantId: string): Promise<void> {
  for (const table of ofTenant) await tx.delete(table).where(eq(table.tenantId, tenantId));
}
