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
    if (url.pathname === '/callback' && asked.length > 0) {
      const tokens = await redeem(client, url, asked.at(-1) as Request).catch((error: unknown) => error);
      if (tokens instanceof Error) return void response.writeHead(400).end(String(tokens));
      claims.push((tokens as Awaited<ReturnType<typeof redeem>>).claims());
      response.setHeader('content-type', 'text/html');
      return void response.end('<!doctype html><title>Ward planner</title><h1>Welcome</h1>');
    }
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
