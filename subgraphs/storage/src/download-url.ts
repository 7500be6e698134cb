import type { StorageDeps } from './deps.ts';
import { signUrl } from './signed-url.ts';

/** A signed URL for the content of a document that the caller was found to be allowed to see. */
export function downloadUrl(deps: Pick<StorageDeps, 'config' | 'publicUrl'>, documentId: string): string {
  const { secret, downloadUrlSeconds } = deps.config;
  const expiresAt = new Date(Date.now() + downloadUrlSeconds * 1000);
  return signUrl(secret, {
    base: deps.publicUrl,
    method: 'GET',
    path: `/storage/documents/${documentId}`,
    expiresAt,
  });
}
