import type { ApiKeyRefusal, ApiKeyStanding } from '../../generated/resolvers.ts';
import { findApiKeyByHash } from '../queries/api-keys.ts';
import { findOauthClient } from '../queries/oauth-clients.ts';
import type { Services } from '../services.ts';
import { activeIn, findSubject } from '../subject.ts';

const hashShape = /^[\w-]{43}$/;

type Rights = { roles: readonly string[]; permissions: readonly string[] };

/**
 * Whether an API key stands, for whom, and what it may do at this moment: of its scopes those that its owner holds now. Null
 * for a key that never was. Asked by the gateway.
 */
export async function apiKeyByHash(services: Services, hash: string): Promise<ApiKeyStanding | null> {
  if (!hashShape.test(hash)) return null;
  const [key] = await findApiKeyByHash(services.database.db, [hash]);
  if (!key) return null;
  const { user_id: userId, client_id: clientId, tenant_id: tenantId } = key;
  const isOver = key.revoked || key.expired;
  const rights = isOver ? undefined : await rightsOf(services, { tenantId, userId, clientId });
  return {
    apiKeyId: key.id,
    tenantId,
    subject: userId ?? clientId ?? '',
    refusal: refusalOf(key, rights),
    userId,
    clientId,
    roles: [...(rights?.roles ?? [])],
    permissions: key.scopes.filter((scope) => rights?.permissions.includes(scope)),
    allowedAddresses: key.allowed_addresses,
    expiresAt: key.expires_at,
  };
}

function refusalOf(
  key: { revoked: boolean; expired: boolean },
  rights: Rights | undefined,
): ApiKeyRefusal | null {
  if (key.revoked) return 'REVOKED';
  if (key.expired) return 'EXPIRED';
  return rights ? null : 'OWNER';
}

/** What the owner holds now; undefined when they may not use anything of this tenant. */
async function rightsOf(
  services: Services,
  owner: { tenantId: string; userId: string | null; clientId: string | null },
): Promise<Rights | undefined> {
  const { tenantId, userId, clientId } = owner;
  if (userId) return activeIn(tenantId, await findSubject(services, userId));
  const client = await findOauthClient(services.database.db, tenantId, clientId ?? '');
  return client && { roles: [], permissions: client.scopes };
}
