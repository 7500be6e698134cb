import { readFileSync } from 'node:fs';
import { GatehouseClient, Mailbox, newAddress, newPassword } from '@gatehouse/testkit/clients';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createDeployment, type Deployment } from '../topology/deployment.ts';

/** A deployment that runs only the operations of the SDK's manifest. */

type Manifest = { operations: { id: string; name: string; type: string; body: string }[] };
const manifest = JSON.parse(readFileSync('sdk/operations/manifest.json', 'utf8')) as Manifest;
const idOf = (name: string) => manifest.operations.find((operation) => operation.name === name)?.id ?? name;
const hashOf = (name: string) => ({ persistedQuery: { version: 1, sha256Hash: idOf(name) } });

let deployment: Deployment;
let anyone: GatehouseClient;
beforeAll(async () => {
  deployment = await createDeployment('standalone', { OPERATIONS: 'trusted' });
  await deployment.start();
  anyone = new GatehouseClient({ url: deployment.url });
});
afterAll(() => deployment.remove());

async function run<Data>(client: GatehouseClient, name: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await client.post<Data>(JSON.stringify({ extensions: hashOf(name), variables }));
  if (errors.length > 0 || data === null) throw new Error(`${name}: ${JSON.stringify(errors)}`);
  return data;
}

type Tokens = { accessToken: string; refreshToken: string };

test('a person registers, signs in, looks around and leaves, by hashes alone', async () => {
  const [email, password] = [newAddress(), newPassword()];
  await run(anyone, 'Register', { input: { email } });
  const mailbox = new Mailbox(anyone);
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
  await run(anyone, 'ConfirmRegistration', { input: { code, password } });
  const { login } = await run<{ login: Tokens }>(anyone, 'Login', { input: { identifier: email, password } });
  const { refreshToken } = login;
  const fresh = await run<{ refreshToken: Tokens }>(anyone, 'RefreshToken', { input: { refreshToken } });
  const person = anyone.as(fresh.refreshToken.accessToken);
  expect(await run(person, 'Me')).toMatchObject({ me: { email } });
  for (const name of ['Session', 'Sessions', 'Documents', 'Notifications', 'SecurityEvents'])
    await run(person, name);

  const sockets = createClient({
    url: `${deployment.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: person.headers,
  });
  const events = sockets.iterate({ query: '', extensions: hashOf('SecurityEventStream') });
  const next = events.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const newOne = newPassword();
  await run(person, 'ChangePassword', { input: { currentPassword: password, newPassword: newOne } });
  expect((await next).value).toMatchObject({ data: { securityEvents: { type: 'PASSWORD_CHANGED' } } });
  await sockets.dispose();
  expect(await run(person, 'Logout')).toEqual({ logout: true });
});

test('nothing else runs, for nobody', async () => {
  const { email, password } = deployment.administrator;
  const { login } = await run<{ login: Tokens }>(anyone, 'Login', { input: { identifier: email, password } });
  for (const client of [anyone, anyone.as(login.accessToken)]) {
    for (const document of [
      '{ __typename }',
      '{ me { id } }',
      '{ __schema { types { name } } }',
      '{ mee }',
      '{',
    ])
      expect(await client.refusal(document)).toBe('OPERATION_NOT_TRUSTED');
  }
});

test('the pages of the gateway still work', async () => {
  const script = await (await fetch(`${deployment.url}/assets/documents.js`)).text();
  const [, query = ''] = /resetPassword = `([^`]+)`/.exec(script) ?? [];
  expect(await anyone.refusal(query, { input: { code: 'unknown', password: newPassword() } })).toBe(
    'INVALID_CODE',
  );
});
