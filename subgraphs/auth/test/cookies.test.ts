import { afterAll, beforeAll, expect, it } from 'vitest';
import { as, startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth();
  auth.tenant.publicUrl = 'https://localhost:4000';
});
afterAll(() => auth.stop());

const cookiesOf = async (path: string) =>
  (await fetch(`${auth.base}/oauth2${path}`, { redirect: 'manual' })).headers.getSetCookie();

it('sets cookies that only our own host over TLS gets, and no script reads', async () => {
  for (const cookie of await cookiesOf('/device')) {
    expect(cookie).toMatch(/^__Host-gatehouse_session(\.sig)?=/);
    expect(cookie).toMatch(/; path=\/; /);
    expect(cookie).toMatch(/; secure; httponly/i);
    expect(cookie).toMatch(/samesite=lax/i);
    expect(cookie).not.toMatch(/domain=/i);
  }
  await auth.account('root', { permissions: ['clients:write'] });
  const { accessToken } = await auth.login('root');
  const { data } = await auth.ask(
    as(await auth.principal(accessToken)),
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }',
    {
      input: {
        name: 'App',
        scopes: [],
        authMethod: 'NONE',
        grantTypes: ['AUTHORIZATION_CODE'],
        redirectUris: ['https://app.example.com/'],
      },
    },
  );
  const { client, secret } = data.createClient;
  expect(secret).toBeNull();
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: 'https://app.example.com/',
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  });
  const cookies = await cookiesOf(`/authorize?${query}`);
  expect(cookies).toHaveLength(4);
  for (const cookie of cookies) {
    // Each is sent only to the interaction that it belongs to.
    expect(cookie).toMatch(/^__Secure-gatehouse_(interaction|resume)(\.sig)?=/);
    expect(cookie).toMatch(/; path=\/oauth2\/(interaction|authorize)\/[\w-]+; /);
    expect(cookie).toMatch(/; secure; httponly/i);
  }
});
