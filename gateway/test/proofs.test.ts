import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway, type TestError, type TestGateway } from './harness/gateway.ts';
import { newProofKey, type ProofChange, type ProofKey, proofFor } from './harness/proof.ts';

let gateway: TestGateway;
let key: ProofKey;
let person: { userId: string; sessionId: string; token: string };
let url: string;
beforeAll(async () => {
  gateway = await startGateway({ config: { batchLimit: 5 } });
  key = await newProofKey();
  person = await signIn(key);
  url = `${gateway.url}/graphql`;
});
afterAll(() => gateway.stop());

const query = '{ me { id } }';
const signIn = ({ jkt }: ProofKey) => gateway.provider.signIn(['profile:read'], { claims: { cnf: { jkt } } });

async function ask(headers: Record<string, string>, body: unknown = { query }) {
  const response = await gateway.post(body, headers);
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: (await response.json()) as { data?: { me: { id: string } }; errors?: TestError[] },
  };
}

const bound = async (change: ProofChange = {}, request: { method?: string; url?: string } = {}) => ({
  authorization: `DPoP ${person.token}`,
  dpop: await proofFor(key, { token: person.token, url, ...request }, change),
});

describe('a token that is bound to a key', () => {
  it('stands with a proof for this very request', async () => {
    for (const alg of ['ES256', 'EdDSA', 'PS256', 'RS256']) {
      const own = await newProofKey(alg);
      const { token, userId } = await signIn(own);
      const headers = { authorization: `DPoP ${token}`, dpop: await proofFor(own, { token, url }) };
      expect((await ask(headers)).body, alg).toEqual({ data: { me: { id: userId } } });
    }
    const elsewhere = await bound({ claims: { htu: `${url}?operation=x#y` } });
    expect((await ask(elsewhere)).status).toBe(200);
  });

  it('stands for a GET, its address without the query', async () => {
    const headers = { ...(await bound({}, { method: 'GET' })), 'x-gatehouse-csrf': '1' };
    const response = await fetch(`${url}?query=${encodeURIComponent(query)}`, { headers });
    expect(await response.json()).toEqual({ data: { me: { id: person.userId } } });
  });

  it('stands for every operation of a list, with the one proof of its request', async () => {
    const { status, body } = await ask(await bound(), [{ query }, { query }, { query }]);
    expect(status).toBe(200);
    expect(body).toHaveLength(3);
    expect(JSON.stringify(body)).not.toContain('errors');
  });

  it('is refused as a bearer token, also once it is known', async () => {
    expect((await ask(await bound())).status).toBe(200);
    const { status, challenge, body } = await ask({ authorization: `Bearer ${person.token}` });
    expect(status).toBe(401);
    expect(challenge).toBe('Bearer realm="gatehouse", error="invalid_token"');
    expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const withProof = { ...(await bound()), authorization: `Bearer ${person.token}` };
    expect((await ask(withProof)).status).toBe(401);
  });

  it('that is bound by something else too, is refused', async () => {
    const { token } = await gateway.provider.signIn([], {
      claims: { cnf: { jkt: key.jkt, 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
    });
    const headers = { authorization: `DPoP ${token}`, dpop: await proofFor(key, { token, url }) };
    expect((await ask(headers)).status).toBe(401);
  });

  it('stops standing with its session', async () => {
    const other = await signIn(key);
    const headers = async () => ({
      authorization: `DPoP ${other.token}`,
      dpop: await proofFor(key, { token: other.token, url }),
    });
    expect((await ask(await headers())).status).toBe(200);
    await gateway.endSession(other);
    expect((await ask(await headers())).status).toBe(401);
  });
});

it('a token that is bound to no key gains nothing by a proof', async () => {
  const { token } = await gateway.provider.signIn(['profile:read']);
  const dpop = await proofFor(key, { token, url });
  expect((await ask({ authorization: `DPoP ${token}`, dpop })).status).toBe(401);
  const { key: apiKey } = gateway.provider.apiKey(['profile:read']);
  expect((await ask({ authorization: `DPoP ${apiKey}`, dpop })).status).toBe(401);
});

describe('a proof is refused:', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const changes: Record<string, () => ProofChange | Promise<ProofChange>> = {
    'another key': async () => {
      const other = await newProofKey();
      return { header: { jwk: other.jwk }, sign: other.privateKey };
    },
    'another key under the right one': async () => ({ sign: (await newProofKey()).privateKey }),
    'the private key in its header': async () => ({ header: { jwk: await exportJWK(key.privateKey) } }),
    'no key in its header': () => ({ header: { jwk: undefined as never } }),
    'another type': () => ({ header: { typ: 'JWT' } }),
    'an HMAC with the public key': () => ({
      header: { alg: 'HS256' },
      sign: new TextEncoder().encode(JSON.stringify(key.jwk)),
    }),
    'another method': () => ({ claims: { htm: 'GET' } }),
    'the method in lower case': () => ({ claims: { htm: 'post' } }),
    'another path': () => ({ claims: { htu: `${gateway.url}/oauth2/token` } }),
    'another host': () => ({ claims: { htu: 'http://b.example.com/graphql' } }),
    'another scheme': () => ({ claims: { htu: url.replace('http:', 'https:') } }),
    'no address': () => ({ claims: { htu: undefined } }),
    'an address that is none': () => ({ claims: { htu: 'graphql' } }),
    'another token': () => ({ claims: { ath: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU' } }),
    'no token': () => ({ claims: { ath: undefined } }),
    'too old': () => ({ claims: { iat: now() - 310 } }),
    'from the future': () => ({ claims: { iat: now() + 310 } }),
    'of no time': () => ({ claims: { iat: undefined } }),
    expired: () => ({ claims: { exp: now() - 310 } }),
    'no id': () => ({ claims: { jti: undefined } }),
    'an empty id': () => ({ claims: { jti: '' } }),
    'an id that is a number': () => ({ claims: { jti: 7 } }),
    'an endless id': () => ({ claims: { jti: 'x'.repeat(201) } }),
    'longer than 4 KiB': () => ({ claims: { pad: 'x'.repeat(4_000) } }),
  };
  it.each(Object.keys(changes))('%s', async (name) => {
    const { status, challenge, body } = await ask(await bound(await changes[name]?.()));
    expect(status).toBe(401);
    expect(challenge).toBe(
      'DPoP realm="gatehouse", error="invalid_dpop_proof", algs="ES256 EdDSA PS256 RS256"',
    );
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'INVALID_DPOP_PROOF' });
  });

  it('none, garbage, or two of them', async () => {
    const { authorization, dpop } = await bound();
    expect((await ask({ authorization })).status).toBe(401);
    expect((await ask({ authorization, dpop: 'a.b.c' })).status).toBe(401);
    expect((await ask({ authorization, dpop: `${dpop}, ${dpop}` })).status).toBe(401);
  });

  it('one that was seen before; of 20 at once all but one', async () => {
    const headers = await bound();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(headers)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await ask(headers)).challenge).toContain('invalid_dpop_proof');
  });

  it('one that was used for another token', async () => {
    const other = await signIn(key);
    const { dpop } = await bound();
    expect((await ask({ authorization: `DPoP ${other.token}`, dpop })).status).toBe(401);
  });
});

describe('a socket', () => {
  type Opening = { params?: Record<string, unknown>; headers?: Record<string, string> };

  /** Opens one and asks twice over it: how it ended, or what was answered. */
  const talk = ({ params, headers = {} }: Opening) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(gateway.socketUrl, 'graphql-transport-ws', { headers });
      const answers: string[] = [];
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on('open', () => send({ type: 'connection_init', payload: params }));
      socket.on('close', (code, reason) => resolve(`${code} ${reason}`));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query } });
        if (message.type === 'next') answers.push(message.payload.data.me.id);
        if (message.type !== 'complete') return;
        if (answers.length === 2) {
          resolve(answers.join(' '));
          socket.close();
        } else send({ id: '2', type: 'subscribe', payload: { query } });
      });
    });
  const opened = () => bound({}, { method: 'GET' });

  it('is opened by a proof for its upgrade, which is good for all it carries', async () => {
    const twice = `${person.userId} ${person.userId}`;
    expect(await talk({ params: await opened() })).toBe(twice);
    expect(await talk({ headers: await opened() })).toBe(twice);
  });

  it('is refused without, with one for a request, and with one that was seen', async () => {
    const refused = '4401 UNAUTHENTICATED';
    const { authorization } = await opened();
    expect(await talk({ params: { authorization } })).toBe(refused);
    expect(await talk({ params: { authorization: `Bearer ${person.token}` } })).toBe(refused);
    expect(await talk({ params: await bound() })).toBe(refused);
    const params = await opened();
    expect(await talk({ params })).toContain(person.userId);
    expect(await talk({ params })).toBe(refused);
  });
});

it('is held against the public address behind a proxy that ends TLS', async () => {
  const behind = await startGateway({ config: { publicUrl: 'https://id.example.com' } });
  const { token } = await behind.provider.signIn(['profile:read'], { claims: { cnf: { jkt: key.jkt } } });
  const send = async (htu: string) => {
    const dpop = await proofFor(key, { token, url: htu });
    return (await behind.post({ query }, { authorization: `DPoP ${token}`, dpop })).status;
  };
  expect(await send(`https://127.0.0.1:${behind.port}/graphql`)).toBe(200);
  expect(await send(`http://127.0.0.1:${behind.port}/graphql`)).toBe(401);
  await behind.stop();
});
