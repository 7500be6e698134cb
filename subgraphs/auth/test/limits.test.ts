import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAuth, type TestAuth } from './harness.ts';

let auth: TestAuth;
beforeAll(async () => {
  auth = await startAuth({ clientFailuresPerNetwork: 5 });
});
afterAll(() => auth.stop());

const asClient = async (path: string, address: string, clientId = 'somebody') => {
  const { status, headers } = await fetch(`${auth.base}/oauth2${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${clientId}:a guess`)}`,
      'content-type': 'application/x-www-form-urlencoded',
      'x-test-address': address,
    },
    body: 'grant_type=client_credentials&token=x',
  });
  return { status, retryAfter: Number(headers.get('retry-after')) };
};

it('bounds failed authentications of clients by network, over endpoints and clients', async () => {
  const network = (n: number) => `2001:db8:9:9::${n}`;
  const paths = ['/token', '/token/introspection', '/token/revocation', '/par', '/device/authorize'];
  for (const [n, path] of paths.entries()) {
    expect(await asClient(path, network(n), `client-${n}`)).toMatchObject({ status: 401 });
  }
  const { status, retryAfter } = await asClient('/token', network(99));
  expect(status).toBe(429);
  expect(retryAfter).toBeGreaterThan(800);
  expect(await asClient('/token', '2001:db8:9:10::1')).toMatchObject({ status: 401 });
  // Discovery and keys are asked for by whoever checks tokens.
  const keys = await fetch(`${auth.base}/oauth2/jwks`, { headers: { 'x-test-address': network(1) } });
  expect(keys.status).toBe(200);
});
