import { type GatehouseClient, newPassword, randomText, uploadDocument } from '@gatehouse/testkit/clients';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  mailbox,
  otherTenant,
  registerAndConfirm,
  testOf,
} from '../gatehouse.ts';
import { addAuthenticator, challengeOf, stepUp, verifyRefusal } from '../mfa.ts';

const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const attempt = (client: GatehouseClient, identifier: string, password: string = newPassword()) =>
  client.refusal(login, { input: { identifier, password } });

const block =
  'mutation ($input: BlockAddressInput!) { blockAddress(input: $input) { blockedAddress { id } } }';

const connect = (localAddress: string) =>
  new WebSocket(`${gatehouse.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    localAddress,
    family: 4,
  });

describe('a blocked address finds no way in', () => {
  testOf('blockedAddresses')('by socket, event stream, upload, OAuth, pages or forged headers', async () => {
    const address = '127.9.9.9';
    const admin = await administrator();
    const mallory = await registerAndConfirm();
    const here = mallory.client.at(address);
    const socket = connect(address);
    await new Promise((resolve) => socket.once('open', resolve));
    const told = (type: string) =>
      new Promise<string>((resolve) => {
        socket.on('message', (data) => String(data).includes(`"type":"${type}"`) && resolve(String(data)));
      });
    socket.send(JSON.stringify({ type: 'connection_init', payload: here.headers }));
    await told('connection_ack');
    await admin.client.ask(block, { input: { address } });
    await eventually(async () => expect(await here.refusal('{ me { id } }')).toBe('ADDRESS_BLOCKED'));

    // The socket was open before.
    const refusal = told('error');
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ me { id } }' } }));
    expect(await refusal).toContain('ADDRESS_BLOCKED');
    socket.close();
    const { status, errors } = await here.graphql('{ me { id } }');
    expect([status, errors[0]?.extensions.code]).toEqual([403, 'ADDRESS_BLOCKED']);
    const answered = await new Promise<number | undefined>((resolve) => {
      const again = connect(address);
      again.once('open', () => resolve(101));
      again.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(answered).toBe(403);
    expect(await here.subscribe('subscription { securityEvents { id } }', {}, 'sse').ended()).not.toBeNull();
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/.well-known/openid-configuration'],
      ['GET', '/oauth2/.well-known/openid-configuration'],
      ['POST', '/oauth2/token'],
      ['POST', '/oauth2/introspect'],
      ['GET', '/oauth2/authorize'],
      ['PUT', '/storage/uploads/x'],
      ['GET', '/audit/exports/x'],
    ]) {
      const response = await here.fetch(`${gatehouse.url}${path}`, { method, redirect: 'manual' });
      expect([path, response.status]).toEqual([path, 403]);
    }
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'cf-connecting-ip', 'true-client-ip']) {
      const answer = await here.post(
        JSON.stringify({ query: '{ __typename }' }),
        {},
        { [name]: '127.0.0.1' },
      );
      expect(answer.status).toBe(403);
    }
    // Who is told that an address is blocked is nobody else.
    expect(await anyone.refusal('{ __typename }')).toBeNull();
    expect(await otherTenant.anyone.at(address).refusal('{ __typename }')).toBeNull();
    // What is asked by machines about this one goes on.
    expect((await here.fetch(`${gatehouse.url}/healthz`)).status).toBe(200);
  });

  testOf('blockedAddresses')('through a signed URL that was made before', async () => {
    const address = '127.9.9.10';
    const admin = await administrator();
    const mallory = await registerAndConfirm();
    const documentId = await uploadDocument(mallory.client, { name: 'plan.txt', content: randomText() });
    const { document } = await mallory.client.ask<{ document: { downloadUrl: string } }>(
      'query ($id: ID!) { document(id: $id) { downloadUrl } }',
      { id: documentId },
    );
    const download = async () => (await mallory.client.at(address).fetch(document.downloadUrl)).status;
    expect(await download()).toBe(200);
    await admin.client.ask(block, { input: { address } });
    await eventually(async () => expect(await download()).toBe(403));
  });
});

describe('guessing from many sides', () => {
  testOf('blockedAddresses')(
    'a network that sprays one password over many accounts is shut out',
    async () => {
      const address = '127.9.8.1';
      const victim = await registerAndConfirm();
      const password = newPassword();
      const names = Array.from({ length: 25 }, () => `nobody-${randomText()}`);
      const here = anyone.at(address);
      for (let round = 0; round < 4; round++) {
        const outcomes = await Promise.all(names.map((name) => attempt(here, name, password)));
        expect(new Set(outcomes)).toEqual(new Set(['INVALID_CREDENTIALS']));
      }
      await eventually(async () =>
        expect(await attempt(here, victim.email, victim.password)).toBe('ADDRESS_BLOCKED'),
      );
      // Everybody else goes on.
      expect(await attempt(anyone, victim.email, victim.password)).toBeNull();
      const admin = await administrator();
      const { blockedAddresses } = await admin.client.ask<{
        blockedAddresses: { nodes: { range: string; automatic: boolean; reason: string }[] };
      }>('{ blockedAddresses(first: 100, automatic: true) { nodes { range automatic reason } } }');
      expect(blockedAddresses.nodes.find(({ range }) => range === `${address}/32`)).toMatchObject({
        automatic: true,
      });
      // What was typed in is told nowhere.
      expect(JSON.stringify(blockedAddresses)).not.toContain('nobody-');
    },
  );

  test('an account is locked whatever addresses the guesses come from', async () => {
    const victim = await registerAndConfirm();
    const addresses = Array.from({ length: 8 }, (_, n) => anyone.at(`127.9.7.${n + 1}`));
    for (const client of addresses) expect(await attempt(client, victim.email)).toBe('INVALID_CREDENTIALS');
    expect(await attempt(anyone.at('127.9.7.99'), victim.email, victim.password)).toBe('INVALID_CREDENTIALS');
  });

  test('whoever locks an account from elsewhere does not lock its holder out at home', async () => {
    const victim = await registerAndConfirm();
    const stranger = anyone.at('127.9.6.1');
    for (let n = 0; n < 6; n++) await attempt(stranger, victim.email);
    expect(await attempt(stranger, victim.email, victim.password)).toBe('INVALID_CREDENTIALS');
    expect(await attempt(anyone, victim.email, victim.password)).toBeNull();
    expect(await attempt(stranger, victim.email, victim.password)).toBe('INVALID_CREDENTIALS');
  });

  test('codes of a second factor are not guessed over sign-ins, sessions and addresses', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const outcomes = [];
    for (let n = 1; n <= 10; n++) {
      const here = anyone.at(`127.9.5.${n}`);
      const { challengeId } = await challengeOf(here, victim);
      outcomes.push(await verifyRefusal(here, challengeId, app.wrong()));
    }
    expect(new Set(outcomes)).toEqual(new Set(['INVALID_CODE']));
    const { challengeId } = await challengeOf(anyone, victim);
    expect(await verifyRefusal(anyone, challengeId, await app.next())).toBe('INVALID_CODE');
    expect(await victim.client.refusal(stepUp, { input: { method: 'TOTP', code: await app.next() } })).toBe(
      'INVALID_CODE',
    );
  });

  testOf('blockedAddresses')('nor is the code that a sign-in from far away is asked for', async () => {
    const victim = await registerAndConfirm();
    const abroad = anyone.at('127.21.5.1');
    const ask = (challengeId: string) =>
      abroad.refusal('mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt } }', {
        input: { challengeId },
      });
    const challenge = await challengeOf(abroad, victim);
    expect(await ask(challenge.challengeId)).toBeNull();
    const { text } = await mailbox.waitForMail({ to: victim.email, subject: /your code/i });
    const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? '';
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    for (let n = 0; n < 5; n++) {
      const { challengeId } = await challengeOf(abroad, victim);
      expect(await verifyRefusal(abroad, challengeId, wrong, 'EMAIL')).toBe('INVALID_CODE');
    }
    expect(await verifyRefusal(abroad, challenge.challengeId, code, 'EMAIL')).toBe('INVALID_CODE');
    // A sign-in at home asks for none.
    expect(await attempt(anyone, victim.email, victim.password)).toBeNull();
  });

  testOf('blockedAddresses')('a forged address makes nothing familiar, and nobody else suspect', async () => {
    const victim = await registerAndConfirm();
    const abroad = anyone.at('127.21.5.2');
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'client-ip']) {
      const { data } = await abroad.post(
        JSON.stringify({
          query: login,
          variables: { input: { identifier: victim.email, password: victim.password } },
        }),
        {},
        { [name]: '127.0.0.1' },
      );
      expect(data).toEqual({ login: { __typename: 'MfaChallenge' } });
    }
  });
});
