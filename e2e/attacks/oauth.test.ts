import { expect, test } from 'vitest';
import { anyone, gatehouse } from '../gatehouse.ts';

const post = async (
  path: string,
  body: string | Uint8Array,
  contentType = 'application/x-www-form-urlencoded',
) => {
  const response = await anyone.fetch(`${gatehouse.url}/oauth2${path}`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  return { status: response.status, text: await response.text() };
};

test('the token endpoint refuses what it does not offer, and what it can’t read', async () => {
  for (const [body, contentType] of [
    ['', undefined],
    ['grant_type=password&username=a&password=b', undefined],
    ['grant_type=urn:gatehouse:login&username=admin@example.com', undefined],
    ['grant_type=refresh_token&refresh_token=x&client_id=nobody', undefined],
    ['grant_type=client_credentials&client_id=%00&client_secret=%ff', undefined],
    ['grant_type=client_credentials&client_id=a&client_id=b', undefined],
    ['{"grant_type":"client_credentials"}', 'application/json'],
    [
      '--x\r\ncontent-disposition: form-data; name="grant_type"\r\n\r\nclient_cre',
      'multipart/form-data; boundary=x',
    ],
    [`grant_type=${'x'.repeat(500_000)}`, undefined],
  ] as const) {
    const { status, text } = await post('/token', body, contentType);
    expect(status, body.slice(0, 60)).toBeGreaterThanOrEqual(400);
    expect(status, `${body.slice(0, 60)} ${text}`).toBeLessThan(500);
    expect(text).not.toMatch(/node_modules|at \w+ \(/);
  }
});

test('introspection and revocation ask who is calling', async () => {
  for (const path of ['/token/introspection', '/token/revocation', '/introspect', '/revoke']) {
    const { status } = await post(path, 'token=whatever');
    expect(status, path).toBeOneOf([400, 401, 404]);
  }
});

test('userinfo wants a token, and none in the address', async () => {
  const discovery = await anyone.fetch(`${gatehouse.url}/oauth2/.well-known/openid-configuration`);
  const { userinfo_endpoint: userinfo } = (await discovery.json()) as { userinfo_endpoint: string };
  for (const url of [userinfo, `${userinfo}?access_token=a.b.c`]) {
    const response = await anyone.fetch(url);
    await response.text();
    expect(response.status).toBeOneOf([400, 401]);
  }
});
