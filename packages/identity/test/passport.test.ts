import type { Caller } from '@gatehouse/identity';
import { createPassportIssuer, createPassportVerifier, serviceCaller } from '@gatehouse/identity';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';

const caller: Caller = {
  service: null,
  principal: {
    kind: 'user',
    userId: 'u',
    tenantId: 't',
    sessionId: 's',
    clientId: 'c',
    roles: ['user'],
    permissions: ['profile:read'],
    amr: ['pwd'],
    authTime: 1,
    secondFactor: false,
  },
  client: { ipAddress: '127.0.0.1', userAgent: null, host: 'localhost:4000' },
  requestId: '0af7651916cd43dd8448eb211c80319c',
};

const trace = `00-${caller.requestId}-b7ad6b7169203331-01`;

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  return {
    secret: { ...(await exportJWK(privateKey)), kid },
    open: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } as JWK,
    privateKey,
  };
}

describe('a passport', () => {
  let gateway: Awaited<ReturnType<typeof keyPair>>;
  let auth: Awaited<ReturnType<typeof keyPair>>;
  let verify: ReturnType<typeof createPassportVerifier>;

  beforeAll(async () => {
    [gateway, auth] = await Promise.all([keyPair('gateway'), keyPair('auth')]);
    verify = createPassportVerifier('user', { keys: [gateway.open, auth.open] });
  });

  test('of the gateway states the principal of a request', async () => {
    const issuer = await createPassportIssuer('gateway', gateway.secret);
    expect(await verify(await issuer.forCaller('user', caller), trace)).toEqual(caller);
  });

  test('is reused for the same caller and audience, and only for them', async () => {
    const issuer = await createPassportIssuer('gateway', gateway.secret);
    const first = await issuer.forCaller('user', caller);
    expect(await issuer.forCaller('user', caller)).toBe(first);
    expect(await issuer.forCaller('auth', caller)).not.toBe(first);
    const elsewhere = { ...caller, client: { ...caller.client, ipAddress: '127.0.0.2' } };
    expect(await issuer.forCaller('user', elsewhere)).not.toBe(first);
  });

  test('of a service states the service alone', async () => {
    const issuer = await createPassportIssuer('auth', auth.secret);
    expect(await verify(await issuer.forService('user'), trace)).toEqual({
      ...serviceCaller('auth'),
      requestId: caller.requestId,
    });
  });

  test.each([
    ['is missing', async () => undefined],
    ['is not a token', async () => 'x'],
    [
      'is addressed to another subgraph',
      async () => (await issuerOf('gateway', gateway)).forService('storage'),
    ],
    [
      'states a principal but is a service’s',
      async () => (await issuerOf('auth', auth)).forCaller('user', caller),
    ],
    ['names another issuer than its key', async () => sign({ iss: 'gateway', kid: 'auth', key: auth })],
    [
      'is signed with an unknown key',
      async () => sign({ iss: 'gateway', kid: 'gateway', key: await keyPair('gateway') }),
    ],
    ['has expired', async () => sign({ iss: 'gateway', kid: 'gateway', key: gateway, expires: '-1s' })],
    [
      'lives longer than allowed',
      async () => sign({ iss: 'gateway', kid: 'gateway', key: gateway, issued: '-2h' }),
    ],
  ])('that %s is refused', async (_, make) => {
    await expect(verify(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  const issuerOf = (name: 'gateway' | 'auth', key: { secret: JWK }) => createPassportIssuer(name, key.secret);
  const sign = (as: {
    iss: string;
    kid: string;
    key: Awaited<ReturnType<typeof keyPair>>;
    expires?: string;
    issued?: string;
  }) =>
    new SignJWT({ service: true })
      .setProtectedHeader({ alg: 'EdDSA', kid: as.kid })
      .setIssuer(as.iss)
      .setAudience('user')
      .setIssuedAt(as.issued)
      .setExpirationTime(as.expires ?? '1h')
      .sign(as.key.privateKey);
});
