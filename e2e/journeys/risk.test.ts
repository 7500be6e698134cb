import { Browser, type GatehouseClient, type Person } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, gatehouse, mailbox, registerAndConfirm, testOf } from '../gatehouse.ts';
import { challengeOf, tokenFields, verifyMfa } from '../mfa.ts';
import { newClient, newRequest, redeem, redirectOf } from '../oauth.ts';

const sydney = '127.21.0.9';
const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15';

const login = `mutation ($input: LoginInput!) { login(input: $input) { __typename ... on TokenSet { ${tokenFields} } } }`;
const place = '{ session { place { country city } } }';

const mailedCode = async ({ email }: Person) => {
  const { text } = await mailbox.waitForMail({ to: email, subject: /your code/i });
  return /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? '';
};

const signInAt = async (client: GatehouseClient, { email, password }: Person) => {
  const { login: answer } = await client.ask<{ login: { __typename: string; accessToken: string } }>(login, {
    input: { identifier: email, password },
  });
  return answer;
};

testOf('blockedAddresses')(
  'who is suddenly far away proves the mailbox, and is at home there from then on',
  async () => {
    const ada = await registerAndConfirm();
    expect(await ada.client.ask(place)).toEqual({ session: { place: { country: 'DE', city: 'Berlin' } } });
    const abroad = anyone.at(sydney);
    const { challengeId, methods } = await challengeOf(abroad, ada);
    expect(methods).toEqual(['EMAIL']);
    await abroad.ask('mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt } }', {
      input: { challengeId },
    });
    const { verifyMfa: tokens } = await abroad.ask<{ verifyMfa: { accessToken: string } }>(verifyMfa, {
      input: { challengeId, method: 'EMAIL', code: await mailedCode(ada) },
    });
    expect(await abroad.as(tokens.accessToken).ask(place)).toEqual({
      session: { place: { country: 'AU', city: 'Sydney' } },
    });
    expect((await signInAt(abroad, ada)).__typename).toBe('TokenSet');

    const { securityEvents } = await ada.client.ask<{
      securityEvents: { nodes: { type: string; details: { score?: number; reasons?: string[] } }[] };
    }>('{ securityEvents(first: 10, filter: { types: [LOGIN_CHALLENGED] }) { nodes { type details } } }');
    expect(securityEvents.nodes).toEqual([
      { type: 'LOGIN_CHALLENGED', details: { score: 65, reasons: ['NEW_NETWORK', 'IMPOSSIBLE_TRAVEL'] } },
    ]);
  },
);

test('a new kind of device is told of by mail', async () => {
  const grace = await registerAndConfirm();
  const { data } = await anyone.post(
    JSON.stringify({
      query: login,
      variables: { input: { identifier: grace.email, password: grace.password } },
    }),
    {},
    { 'user-agent': safari },
  );
  expect(data).toMatchObject({ login: { __typename: 'TokenSet' } });
  const { text } = await mailbox.waitForMail({ to: grace.email, subject: /new sign-in/i });
  expect(text).toContain('Safari on macOS');
});

testOf('blockedAddresses')('the pages of the provider ask as the API does', async () => {
  const lise = await registerAndConfirm();
  const client = await newClient({ firstParty: true });
  const request = await newRequest(client);
  const browser = new Browser({ origin: gatehouse.url, fetch: anyone.at(sydney).fetch });
  const { email: identifier, password } = lise;
  const asked = await browser.submit(await browser.open(request.url), { identifier, password }, '/login');
  expect(asked.text).toContain('Confirm that it is you');
  const sent = await browser.submit(asked, {}, '/send-mfa-code');
  const answer = { method: 'EMAIL', code: await mailedCode(lise) };
  const callback = redirectOf(await browser.submit(sent, answer, '/verify-mfa'));
  expect((await redeem(client, callback, request)).claims()).toMatchObject({
    amr: ['pwd', 'otp'],
    acr: 'urn:gatehouse:acr:single-factor',
  });
});

testOf('blockedAddresses')(
  'nearly everything unusual at once is refused like a wrong password, and told of',
  async () => {
    const alan = await registerAndConfirm();
    const here = anyone.at('127.29.1.1');
    const attempt = async (password: string) => {
      const { errors, status } = await here.post(
        JSON.stringify({ query: login, variables: { input: { identifier: alan.email, password } } }),
        {},
        { 'user-agent': 'masscan/1.3' },
      );
      return { status, message: errors[0]?.message, code: errors[0]?.extensions.code };
    };
    const wrong = await attempt('a wrong password');
    for (let n = 0; n < 2; n++) await attempt('a wrong password');
    expect(wrong.code).toBe('INVALID_CREDENTIALS');
    expect(await attempt(alan.password)).toEqual(wrong);
    await mailbox.waitForMail({ to: alan.email, subject: /was refused/i });
    expect((await signInAt(anyone, alan)).__typename).toBe('TokenSet');
  },
);
