import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDToken } from 'openid-client';
import { newClient, newRequest, type Request, redeem } from '../oauth.ts';

/** An application on this machine: `/` sends the browser to sign in, `/callback` redeems the code and greets. */
export async function startApplication(input: Record<string, unknown> = {}) {
  const client = await newClient({
    name: 'Ward planner',
    redirectUris: ['http://127.0.0.1/callback'],
    ...input,
  });
  const asked: Request[] = [];
  const claims: (IDToken | undefined)[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(String(request.url), origin);
    const begun = asked.find(({ state }) => state === url.searchParams.get('state'));
    if (url.pathname === '/callback' && begun) {
      const tokens = await redeem(client, url, begun).catch((error: unknown) => String(error));
      if (typeof tokens === 'string') return void response.writeHead(400).end(tokens);
      claims.push(tokens.claims());
      response.setHeader('content-type', 'text/html');
      return void response.end('<!doctype html><title>Ward planner</title><h1>Welcome</h1>');
    }
    if (url.pathname !== '/') return void response.writeHead(404).end();
    const parameters = Object.fromEntries(url.searchParams);
    const next = await newRequest(client, { ...parameters, redirect_uri: `${origin}/callback` });
    asked.push(next);
    response.writeHead(302, { location: next.url.href }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    claims,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
