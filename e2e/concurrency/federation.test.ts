import { newAddress, randomText } from '@gatehouse/testkit/clients';
import {
  type IdentityProviderServer,
  startIdentityProvider,
  telegramPayload,
} from '@gatehouse/testkit/providers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addOpenid,
  addProvider,
  answerOf,
  codeFrom,
  completeExternalLogin,
  linkAccount,
  linkBy,
  newBrowser,
  newVerifier,
  unlinkAccount,
} from '../federation.ts';
import { anyone, registerAndConfirm } from '../gatehouse.ts';

let idp: IdentityProviderServer;
beforeAll(async () => {
  idp = await startIdentityProvider();
});
afterAll(() => idp.stop());

const times = 50;
const parallel = <T>(use: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: times }, (_, index) => use(index)));
const winners = (outcomes: (string | null)[]) => outcomes.filter((outcome) => outcome === null).length;

test('50 answers of a provider to one sign-in: one is taken', async () => {
  const providerId = await addOpenid(idp, { signUp: true });
  idp.member({ email: newAddress(), email_verified: true });
  const browser = newBrowser();
  const answer = await answerOf(browser, providerId, newVerifier().challenge);
  // The first of them clears the cookie; each brings it all the same.
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ');
  const pages = await parallel(() => newBrowser().request(answer, { headers: { cookie } }));
  expect(pages.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(pages.filter(({ status }) => status === 400)).toHaveLength(times - 1);
});

test('50 uses of one code: one session, or one link', async () => {
  const providerId = await addOpenid(idp, { signUp: true });
  idp.member({ email: newAddress(), email_verified: true });
  const input = await codeFrom(providerId);
  const ada = await registerAndConfirm();
  const outcomes = await parallel((index) =>
    index % 5 === 0
      ? ada.client.refusal(linkAccount, { input })
      : anyone.refusal(completeExternalLogin, { input }),
  );
  expect(winners(outcomes)).toBe(1);
});

test('50 first sign-ins of one person make one account', async () => {
  const providerId = await addOpenid(idp, { signUp: true });
  idp.member({ email: newAddress(), email_verified: true });
  const codes = await Promise.all(Array.from({ length: 10 }, () => codeFrom(providerId)));
  const answers = await Promise.all(
    codes.map((input) =>
      anyone.ask<{ completeExternalLogin: { accessToken: string } }>(completeExternalLogin, { input }),
    ),
  );
  const people = await Promise.all(
    answers.map(({ completeExternalLogin: { accessToken } }) =>
      anyone.as(accessToken).ask<{ me: { id: string } }>('{ me { id } }'),
    ),
  );
  expect(new Set(people.map(({ me }) => me.id)).size).toBe(1);
});

test('50 uses of one Telegram payload: one is good', async () => {
  const botToken = `7700000001:${randomText()}${randomText()}`;
  const providerId = await addProvider({
    name: 'Telegram',
    kind: 'TELEGRAM',
    clientId: 'clinic_bot',
    clientSecret: botToken,
  });
  const ada = await registerAndConfirm();
  const telegram = telegramPayload(botToken, { id: String(Date.now()) });
  const outcomes = await parallel(() => ada.client.refusal(linkAccount, { input: { providerId, telegram } }));
  expect(winners(outcomes)).toBe(1);
});

test('one account there is linked to one of 10 people here', async () => {
  const providerId = await addOpenid(idp);
  idp.member({ email: newAddress() });
  const people = await Promise.all(Array.from({ length: 10 }, () => registerAndConfirm()));
  const codes = await Promise.all(people.map(() => codeFrom(providerId)));
  const outcomes = await Promise.all(
    people.map(({ client }, index) => client.refusal(linkAccount, { input: codes[index] })),
  );
  expect(winners(outcomes)).toBe(1);
  expect(new Set(outcomes)).toEqual(new Set([null, 'CONFLICT']));
});

test('two ways in, taken away at once: one stays', async () => {
  const providerId = await addOpenid(idp, { signUp: true });
  idp.member({ email: newAddress(), email_verified: true });
  const input = await codeFrom(providerId);
  const { completeExternalLogin: tokens } = await anyone.ask<{
    completeExternalLogin: { accessToken: string };
  }>(completeExternalLogin, { input });
  const client = anyone.as(tokens.accessToken);
  const second = await addOpenid(idp, { name: 'The Other' });
  await linkBy(second, { client });
  const { me } = await client.ask<{ me: { linkedAccounts: { id: string }[] } }>(
    '{ me { linkedAccounts { id } } }',
  );
  const outcomes = await Promise.all(
    me.linkedAccounts.map(({ id }) => client.refusal(unlinkAccount, { input: { linkedAccountId: id } })),
  );
  expect(outcomes.toSorted()).toEqual(['CONFLICT', null]);
});
