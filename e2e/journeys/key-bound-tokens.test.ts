import { exportJWK, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { gatehouse, memberWith, testOf } from '../gatehouse.ts';
import { signInBound } from '../oauth.ts';

const test = testOf('proofs');
const api = new URL(`${gatehouse.url}/graphql`);
const query = '{ users(first: 1) { nodes { id } } }';
const json = { 'content-type': 'application/json', accept: 'application/json' };

test('openid-client uses the API with a key-bound token, by POST and GET', async () => {
  const { client, tokens, DPoP } = await signInBound(await memberWith(['admin']));
  const ask = async (url: URL, method: string, body?: string) => {
    const headers = new Headers(json);
    const { access_token: token } = tokens;
    const response = await openid.fetchProtectedResource(client.config, token, url, method, body, headers, {
      DPoP,
    });
    return (await response.json()) as object;
  };
  const answer = { data: { users: { nodes: [{ id: expect.any(String) }] } } };
  expect(await ask(api, 'POST', JSON.stringify({ query }))).toEqual(answer);
  expect(await ask(new URL(`?query=${encodeURIComponent(query)}`, api), 'GET')).toEqual(answer);
});

test('oauth4webapi uses the API and userinfo with a key-bound token, and learns why it is refused', async () => {
  const { client, tokens, key } = await signInBound(await memberWith(['admin']));
  const own: oauth.Client = { client_id: client.id };
  const server = client.config.serverMetadata();
  const insecure = { [oauth.allowInsecureRequests]: true };
  const DPoP = oauth.DPoP(own, key);
  const { access_token: token } = tokens;
  const ask = async (proof: oauth.DPoPHandle | undefined) =>
    await oauth.protectedResourceRequest(
      token,
      'POST',
      api,
      new Headers(json),
      JSON.stringify({ query }),
      proof ? { DPoP: proof, ...insecure } : insecure,
    );
  expect(await (await ask(DPoP)).json()).toHaveProperty('data.users.nodes');
  const info = await oauth.userInfoRequest(server, own, token, { DPoP, ...insecure });
  expect(info.status).toBe(200);

  const stranger = oauth.DPoP(own, await oauth.generateKeyPair('ES256'));
  await expect(ask(stranger)).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: 'dpop', parameters: { error: 'invalid_dpop_proof' } }],
  });
  await expect(ask(undefined)).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'bearer' }] });
});

test('a key-bound token is taken on a socket and for an event stream', async () => {
  const { tokens, key } = await signInBound(await memberWith(['admin']));
  const { access_token: token } = tokens;
  const proof = async (method: string) =>
    await new SignJWT({
      htm: method,
      htu: api.href,
      ath: Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(token))).toString('base64url'),
      jti: crypto.randomUUID(),
    })
      .setIssuedAt()
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(key.publicKey) })
      .sign(key.privateKey);
  const authorization = `DPoP ${token}`;

  const socket = new WebSocket(api.href.replace('http', 'ws'), 'graphql-transport-ws');
  const answer = await new Promise((resolve, reject) => {
    socket.on('open', async () =>
      socket.send(
        JSON.stringify({ type: 'connection_init', payload: { authorization, dpop: await proof('GET') } }),
      ),
    );
    socket.on('close', (code, reason) => reject(new Error(`${code} ${reason}`)));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      if (message.type === 'next') resolve(message.payload);
    });
  });
  expect(answer).toHaveProperty('data.users.nodes');
  socket.terminate();

  const stream = await fetch(api, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream', authorization, dpop: await proof('POST') },
    body: JSON.stringify({ query }),
  });
  expect(await stream.text()).toContain('event: next');
});
