import { setTimeout } from 'node:timers/promises';
import { people, randomText } from '@gatehouse/testkit/clients';
import type { Deployment } from '../../../e2e/topology/deployment.ts';
import type { FormOrder } from './form-load.ts';

export const operationNames = ['refresh', 'client credentials', 'introspection', 'login'] as const;
export type OperationName = (typeof operationNames)[number];
/** What is asked of an issuer, operation by operation. */
export type Target = Record<OperationName, Omit<FormOrder, 'seconds'>>;

const connections = 16;
/** People who sign in at once. */
export const crowd = 8;

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const repeat = (body: string) => Array.from({ length: connections }, () => body);
const json = { 'content-type': 'application/json' };

export async function ourTarget(deployment: Deployment): Promise<{ target: Target; sessions: string[] }> {
  const { url, administrator } = deployment;
  const at = { port: Number(new URL(url).port), host: new URL(url).host };
  const { signIn, memberWith } = people({ url, administrator });
  const admin = await firstSignIn(() => signIn(administrator));
  const { createClient } = await admin.client.ask<{
    createClient: { client: { id: string }; secret: string };
  }>('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } secret } }', {
    input: { name: `bench ${randomText()}`, scopes: ['users:read'] },
  });
  const asClient = basic(createClient.client.id, createClient.secret);
  const signedIn = [];
  while (signedIn.length < connections) signedIn.push(await signIn(administrator));
  const members = [];
  while (members.length < crowd) members.push(await memberWith());
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { accessToken } } }';
  const token = admin.tokens.accessToken;
  return {
    sessions: signedIn.map(({ tokens }) => tokens.accessToken),
    target: {
      refresh: {
        ...at,
        path: '/oauth2/token',
        renews: 'refresh_token',
        bodies: signedIn.map(({ tokens }) =>
          form({ grant_type: 'refresh_token', client_id: 'gatehouse', refresh_token: tokens.refreshToken }),
        ),
      },
      'client credentials': {
        ...at,
        path: '/oauth2/token',
        headers: asClient,
        bodies: repeat(form({ grant_type: 'client_credentials', scope: 'users:read' })),
      },
      introspection: {
        ...at,
        path: '/oauth2/token/introspection',
        headers: asClient,
        bodies: repeat(form({ token })),
      },
      login: {
        ...at,
        path: '/graphql',
        headers: json,
        bodies: members.map(({ email, password }) =>
          JSON.stringify({ query: login, variables: { input: { identifier: email, password } } }),
        ),
      },
    },
  };
}

/** What the hand-written issuer says when it is ready. */
export type Floor = {
  /** Its processes that serve. */
  pids: number[];
  port: number;
  client: { id: string; secret: string };
  account: { email: string; password: string };
};

export async function floorTarget({ port, client, account }: Floor): Promise<Target> {
  const at = { port, host: `127.0.0.1:${port}` };
  const headers = basic(client.id, client.secret);
  const login = JSON.stringify({ identifier: account.email, password: account.password });
  const ask = async (path: string, given: RequestInit) =>
    (await (await fetch(`http://${at.host}${path}`, { method: 'POST', ...given })).json()) as {
      refresh_token: string;
      access_token: string;
    };
  const first = await Promise.all(
    Array.from({ length: connections }, () => ask('/login', { headers: json, body: login })),
  );
  const credentials = form({ grant_type: 'client_credentials' });
  const { access_token: token } = await ask('/token', { headers, body: credentials });
  return {
    refresh: {
      ...at,
      path: '/token',
      renews: 'refresh_token',
      bodies: first.map(({ refresh_token }) => form({ grant_type: 'refresh_token', refresh_token })),
    },
    'client credentials': { ...at, path: '/token', headers, bodies: repeat(credentials) },
    introspection: { ...at, path: '/introspect', headers, bodies: repeat(form({ token })) },
    login: { ...at, path: '/login', headers: json, bodies: repeat(login).slice(0, crowd) },
  };
}

/** The first administrator's password reaches the auth subgraph by an event, shortly after everything is ready. */
export async function firstSignIn<T>(signIn: () => Promise<T>): Promise<T> {
  for (const giveUp = performance.now() + 10_000; ; await setTimeout(100)) {
    try {
      return await signIn();
    } catch (error) {
      if (performance.now() > giveUp) throw error;
    }
  }
}
