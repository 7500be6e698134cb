import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import {
  type BlobStore,
  newId,
  openDatabase,
  openPostgresBlobStore,
  openPostgresKeyValue,
  openPostgresPubSub,
} from '@gatehouse/data';
import { openPostgresEventBus } from '@gatehouse/events';
import {
  announceTenantChange,
  type Caller,
  type Permission,
  serviceCaller,
  type UserPrincipal,
} from '@gatehouse/identity';
import { closeServer, createMetrics, listen } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type Answer, createMigratedDatabase, silentLogger } from '@gatehouse/testkit';
import { execute, parse } from 'graphql';
import { createStorage, defaultStorageConfig, migrations, type StorageConfig } from '../src/index.ts';

const nobody = { ipAddress: '127.0.0.1', userAgent: null, host: 'localhost' };

/** The storage subgraph on a database of its own, its routes served over HTTP. */
export async function startStorage(given: Partial<StorageConfig> = {}) {
  const testDatabase = await createMigratedDatabase(migrations);
  const logger = silentLogger;
  const { url } = testDatabase;
  const platform = openDatabase({ url, schema: 'platform', poolSize: 10, applicationName: 'test platform' });
  const database = openDatabase({ url, schema: 'storage', poolSize: 10, applicationName: 'test' });
  const pubSub = openPostgresPubSub({ url, logger });
  const keyValue = openPostgresKeyValue(platform);
  const bus = openPostgresEventBus({ database: platform, pubSub, logger });
  const blobs: BlobStore = openPostgresBlobStore(platform);
  /** Tenants that are not active. */
  const suspended = new Set<string>();
  const call = (async (_subgraph: string, _operation: unknown, { id }: { id: string }) => ({
    tenantById: { status: suspended.has(id) ? 'SUSPENDED' : 'ACTIVE', publicUrl },
  })) as unknown as CallSubgraph;

  const server = createServer((request, response) => {
    const [route] = deps.subgraph.routes;
    Promise.resolve(route?.handle(request, response, nobody)).catch(() => response.destroy());
  });
  const publicUrl = `http://127.0.0.1:${await listen(server, { port: 0, host: '127.0.0.1' })}`;
  const config = { ...defaultStorageConfig, secret: randomBytes(32).toString('base64url'), ...given };
  const metrics = createMetrics();
  const parts = { database, keyValue, pubSub, bus, blobs, call, logger, metrics, publicUrl, config };
  const deps = { ...parts, subgraph: createStorage(parts) };
  await deps.subgraph.start();

  const ask = async (caller: Caller, document: string, variableValues: Record<string, unknown> = {}) => {
    const result = await execute({
      schema: deps.subgraph.schema,
      document: parse(document),
      variableValues,
      contextValue: deps.subgraph.context(caller),
    });
    return JSON.parse(JSON.stringify(result)) as Answer;
  };

  const announce = async (caller: Caller, input: Record<string, unknown>) => {
    const { data, errors } = await ask(
      caller,
      `mutation ($input: CreateUploadInput!) {
        createUpload(input: $input) { documentId uploadUrl method expiresAt }
      }`,
      { input },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    return data.createUpload as { documentId: string; uploadUrl: string; method: string; expiresAt: string };
  };

  /** Announces and sends a document; answers its id. */
  const store = async (caller: Caller, content: string | Buffer, input: Record<string, unknown> = {}) => {
    const bytes = Buffer.from(content);
    const { documentId, uploadUrl } = await announce(caller, { name: 'a.txt', size: bytes.length, ...input });
    const answer = await fetch(uploadUrl, { method: 'PUT', body: bytes });
    if (answer.status !== 201) throw new Error(await answer.text());
    return documentId;
  };

  return {
    ...deps,
    platform,
    async suspend(tenantId: string) {
      suspended.add(tenantId);
      await announceTenantChange(pubSub, { tenantId });
    },
    ask,
    announce,
    store,
    /** Blobs and chunks in the store, finished or not. */
    async leftovers() {
      const { rows } = await platform.pool.query(
        'select (select count(*)::int from platform.blob) as blobs, (select count(*)::int from platform.blob_chunk) as chunks',
      );
      return rows[0] as { blobs: number; chunks: number };
    },
    async downloadUrl(caller: Caller, id: string) {
      const { data } = await ask(caller, 'query ($id: ID!) { document(id: $id) { downloadUrl } }', { id });
      return data.document.downloadUrl as string;
    },
    async stop() {
      await closeServer(server, 100);
      await deps.subgraph.stop();
      await bus.close();
      await blobs.close();
      await keyValue.close();
      await pubSub.close();
      await Promise.all([database.close(), platform.close()]);
      await testDatabase.drop();
    },
  };
}

export type TestStorage = Awaited<ReturnType<typeof startStorage>>;

export const service: Caller = serviceCaller('user');

/** Somebody signed in who may upload; more permissions as given. */
export const person = (
  tenantId: string,
  permissions: readonly Permission[] = [],
): Caller & { principal: UserPrincipal } => ({
  service: null,
  principal: {
    kind: 'user',
    tenantId,
    userId: newId(),
    sessionId: newId(),
    clientId: 'gatehouse',
    roles: [],
    permissions: ['documents:create', ...permissions],
    amr: ['pwd'],
    authTime: 0,
    secondFactor: false,
  },
  client: nobody,
  requestId: 'test',
});

export const sha256 = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** Status and code of a refusal. */
export const refusal = async (answer: Response): Promise<[number, string]> => {
  const { errors } = (await answer.json()) as { errors: [{ message: string; extensions: { code: string } }] };
  return [answer.status, errors[0].extensions.code];
};
