import { hash, randomUUID } from 'node:crypto';
import { newApiKey } from '@gatehouse/identity';
import { GatehouseError } from '@gatehouse/service-kit';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

type Session = { userId: string; tenantId: string; roles: string[]; permissions: string[]; live: boolean };

type ApiKey = {
  apiKeyId: string;
  tenantId: string;
  subject: string;
  refusal: string | null;
  userId: string | null;
  clientId: string | null;
  roles: string[];
  permissions: string[];
  allowedAddresses: string[];
  expiresAt: number;
};

type TokenOptions = {
  header?: Record<string, unknown>;
  claims?: JWTPayload;
  key?: CryptoKey;
  expiresIn?: number;
  sessionId?: string;
};

/** Tenants, their issuers and sessions in memory, behind the service calls that the gateway makes. */
export async function createIdentityProvider(hosts: { a: string[]; b: string[] }) {
  const tenants = {
    a: {
      id: 'tenant-a',
      publicUrl: `http://${hosts.a[0]}`,
      hosts: hosts.a,
      status: 'ACTIVE',
      ...(await newKey()),
    },
    b: {
      id: 'tenant-b',
      publicUrl: `http://${hosts.b[0]}`,
      hosts: hosts.b,
      status: 'ACTIVE',
      ...(await newKey()),
    },
  };
  const sessions = new Map<string, Session>();
  const clients = new Map<string, { tenantId: string; permissions: string[]; live: boolean }>();
  const apiKeys = new Map<string, ApiKey>();
  const calls: { operation: string; variables: unknown }[] = [];
  const state = { delayMs: 0, failing: false, beforeAnswer: async () => {} };

  const answers: Record<string, (variables: never) => unknown> = {
    ProviderKeys: () => ({ providerKeys: null }),
    IssuerKeys: ({ issuer }: { issuer: string }) => {
      const tenant = Object.values(tenants).find(({ publicUrl }) => `${publicUrl}/oauth2` === issuer);
      if (!tenant) return { issuerKeys: null };
      return {
        issuerKeys: { issuer, tenantId: tenant.id, host: tenant.hosts[0], jwks: { keys: tenant.publicKeys } },
      };
    },
    TenantOfHost: ({ host }: { host: string }) => {
      const tenant = Object.values(tenants).find((candidate) => candidate.hosts.includes(host));
      return { tenantByHost: tenant ? { id: tenant.id, status: tenant.status } : null };
    },
    ApiKeyByHash: ({ hash }: { hash: string }) => ({ apiKeyByHash: apiKeys.get(hash) ?? null }),
    TokenPrincipal: ({ input }: { input: { sessionId: string | null; clientId: string } }) => {
      const none = { tokenPrincipal: null };
      if (input.sessionId === null) {
        const client = clients.get(input.clientId);
        if (!client?.live) return none;
        const { tenantId, permissions } = client;
        const nobody = {
          userId: null,
          sessionId: null,
          roles: [],
          amr: [],
          authTime: null,
          secondFactor: false,
        };
        return { tokenPrincipal: { tenantId, clientId: input.clientId, permissions, ...nobody } };
      }
      const session = sessions.get(input.sessionId);
      if (!session?.live) return none;
      const { live: _, ...person } = session;
      return {
        tokenPrincipal: {
          ...structuredClone(person),
          clientId: input.clientId,
          sessionId: input.sessionId,
          amr: ['pwd'],
          authTime: 1,
          secondFactor: false,
        },
      };
    },
  };

  const call = (async (_subgraph: string, operation: { toString(): string }, variables: never) => {
    const [, name = ''] = /(?:query|mutation) (\w+)/.exec(operation.toString()) ?? [];
    calls.push({ operation: name, variables });
    if (state.failing) throw new GatehouseError('SUBGRAPH_UNAVAILABLE', 'auth did not answer');
    if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
    const answer = structuredClone(answers[name]?.(variables));
    await state.beforeAnswer();
    return answer;
  }) as unknown as CallSubgraph;

  async function tokenFor(tenant: 'a' | 'b', subject: string, options: TokenOptions = {}): Promise<string> {
    const { publicUrl, kid, privateKey } = tenants[tenant];
    const now = Math.floor(Date.now() / 1000);
    const claims: JWTPayload = {
      iss: `${publicUrl}/oauth2`,
      aud: `${publicUrl}/graphql`,
      sub: subject,
      client_id: 'console',
      jti: randomUUID(),
      iat: now,
      exp: now + (options.expiresIn ?? 600),
      ...(options.sessionId && { sid: options.sessionId }),
      ...options.claims,
    };
    for (const [name, value] of Object.entries(claims)) if (value === undefined) delete claims[name];
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...options.header })
      .sign(options.key ?? privateKey);
  }

  return {
    tenants,
    sessions,
    clients,
    calls,
    state,
    call,
    tokenFor,
    /** An API key of a person, as auth would have made it. */
    apiKey(permissions: string[], values: Partial<ApiKey> & { tenant?: 'a' | 'b' } = {}) {
      const { tenant = 'a', ...given } = values;
      const userId = randomUUID();
      const record: ApiKey = {
        apiKeyId: randomUUID(),
        tenantId: tenants[tenant].id,
        subject: userId,
        refusal: null,
        userId,
        clientId: null,
        roles: ['user'],
        permissions,
        allowedAddresses: [],
        expiresAt: Math.floor(Date.now() / 1000) + 600,
        ...given,
      };
      const key = newApiKey();
      apiKeys.set(hash('sha256', key, 'base64url'), record);
      return { key, record };
    },
    /** Signs a person in: a session and its token. */
    async signIn(
      permissions: string[],
      options: TokenOptions & { tenant?: 'a' | 'b'; userId?: string } = {},
    ) {
      const tenant = options.tenant ?? 'a';
      const userId = options.userId ?? randomUUID();
      const sessionId = randomUUID();
      sessions.set(sessionId, {
        userId,
        tenantId: tenants[tenant].id,
        roles: ['user'],
        permissions,
        live: true,
      });
      return { userId, sessionId, token: await tokenFor(tenant, userId, { sessionId, ...options }) };
    },
  };
}

export async function newKey(alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = randomUUID();
  const publicKeys: JWK[] = [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }];
  return { kid, privateKey, publicKeys };
}
