import { type Executor, keyset, type Page, type Reader } from '@gatehouse/data';
import { and, eq, inArray } from 'drizzle-orm';
import { type OauthClient, oauthClient } from '../tables/oauth-client.ts';
import { statement } from './statement.ts';

/** Of the id of a registered client. */
export const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export async function findOauthClient(
  db: Executor,
  tenantId: string,
  id: string,
): Promise<VersionedClient | undefined> {
  if (!uuidShape.test(id)) return undefined;
  const [row] = await findClient(db, [tenantId, id]);
  return row && clientOf(row.client);
}

/** A client and which version of its row this is: every change makes another. */
export type VersionedClient = OauthClient & { version: string };

/** A client's row as prepared statements read it. */
export type ClientFound = Omit<VersionedClient, 'createdAt'> & { createdMs: number };

export const clientOf = ({ createdMs, ...row }: ClientFound): VersionedClient => ({
  ...row,
  createdAt: new Date(createdMs),
});

const clientColumns: Record<keyof ClientFound, string> = {
  id: 'id',
  tenantId: 'tenant_id',
  name: 'name',
  secretHash: 'secret_hash',
  scopes: 'scopes',
  grantTypes: 'grant_types',
  authMethod: 'auth_method',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  backchannelLogoutUri: 'backchannel_logout_uri',
  jwks: 'jwks',
  firstParty: 'first_party',
  dpopBound: 'dpop_bound',
  createdBy: 'created_by',
  createdMs: 'extract(epoch from created_at)::float8 * 1000',
  version: 'xmin::text',
};

/** One column to read instead of fifteen, five of them arrays. */
export const clientAsJson = `json_build_object(${Object.entries(clientColumns)
  .map(([name, value]) => `'${name}', ${value}`)
  .join(', ')})`;

/** $1 tenant, $2 client. */
const findClient = statement<{ client: ClientFound }>(
  'client_find',
  `select ${clientAsJson} as client from auth.oauth_client where tenant_id = $1 and id = $2`,
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
  db: Reader,
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
