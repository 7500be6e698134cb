import { type Executor, keyset, type Page } from '@gatehouse/data';
import { and, eq, inArray } from 'drizzle-orm';
import { type OauthClient, oauthClient } from '../tables/oauth-client.ts';
import { statement } from './statement.ts';

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function findOauthClient(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<OauthClient | undefined> {
  if (!uuidShape.test(id)) return undefined;
  const [row] = await findClient(db, [tenantId, id]);
  return row && { ...row, createdAt: new Date(row.createdMs) };
}

type ClientFound = Omit<OauthClient, 'createdAt'> & { createdMs: number };

/** $1 tenant, $2 client. */
const findClient = statement<ClientFound>(
  'client_find',
  `select id, tenant_id as "tenantId", name, secret_hash as "secretHash", scopes, grant_types as "grantTypes",
     auth_method as "authMethod", redirect_uris as "redirectUris", post_logout_redirect_uris as "postLogoutRedirectUris",
     backchannel_logout_uri as "backchannelLogoutUri", jwks, first_party as "firstParty", dpop_bound as "dpopBound",
     created_by as "createdBy", extract(epoch from created_at)::float8 * 1000 as "createdMs"
   from auth.oauth_client where tenant_id = $1 and id = $2`,
);

export async function findOauthClients(
  db: Executor,
  tenantId: string,
  ids: readonly string[],
): Promise<OauthClient[]> {
  const possible = ids.filter((id) => uuidShape.test(id));
  if (possible.length === 0) return [];
  return db
    .select()
    .from(oauthClient)
    .where(and(eq(oauthClient.tenantId, tenantId), inArray(oauthClient.id, possible)));
}

/** By name. */
export async function pageOfClients(
  db: Executor,
  tenantId: string,
  page: Page<{ name: string; id: string }>,
): Promise<OauthClient[]> {
  const keys = keyset(page, [oauthClient.name, oauthClient.id], ({ name, id }) => [name, id]);
  return db
    .select()
    .from(oauthClient)
    .where(and(eq(oauthClient.tenantId, tenantId), keys.where))
    .orderBy(...keys.orderBy)
    .limit(keys.limit);
}

export async function insertOauthClient(
  tx: Executor,
  values: typeof oauthClient.$inferInsert,
): Promise<OauthClient> {
  const [row] = await tx.insert(oauthClient).values(values).returning();
  if (!row) throw new Error('the client was not stored');
  return row;
}

/** The client, which nobody else changes until the end of the transaction. */
export async function lockOauthClient(
  tx: Executor,
  tenantId: string,
  id: string,
): Promise<OauthClient | undefined> {
  if (!uuidShape.test(id)) return undefined;
  const [row] = await tx
    .select()
    .from(oauthClient)
    .where(and(eq(oauthClient.tenantId, tenantId), eq(oauthClient.id, id)))
    .for('update');
  return row;
}

export async function updateOauthClient(
  tx: Executor,
  tenantId: string,
  id: string,
  changes: Partial<typeof oauthClient.$inferInsert>,
): Promise<OauthClient> {
  const [row] = await tx
    .update(oauthClient)
    .set(changes)
    .where(and(eq(oauthClient.tenantId, tenantId), eq(oauthClient.id, id)))
    .returning();
  if (!row) throw new Error('the client is gone');
  return row;
}

export async function deleteOauthClient(
  tx: Executor,
  tenantId: string,
  id: string,
): Promise<OauthClient | undefined> {
  if (!uuidShape.test(id)) return undefined;
  const [row] = await tx
    .delete(oauthClient)
    .where(and(eq(oauthClient.tenantId, tenantId), eq(oauthClient.id, id)))
    .returning();
  return row;
}
