import type { StorageDeps } from './deps.ts';
import { signUrl } from './signed-url.ts';
import type { Tenants } from './tenants.ts';

/** A signed URL for the content of a document that the caller was found to be allowed to see. */
export async function downloadUrl(
  deps: Pick<StorageDeps, 'config'> & { tenants: Tenants },
  { id, tenantId }: { id: string; tenantId: string },
): Promise<string> {
  const { secret, downloadUrlSeconds } = deps.config;
  const expiresAt = new Date(Date.now() + downloadUrlSeconds * 1000);
  return signUrl(secret, {
    base: await deps.tenants.publicUrlOf(tenantId),
    tenantId,
    method: 'GET',
    path: `/storage/documents/${id}`,
    expiresAt,
  });
}
