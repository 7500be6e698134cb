import { newAddress, type TokenSet } from '@gatehouse/testkit/clients';
import { type SocialServer, startSocialServer } from '@gatehouse/testkit/providers';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProvider, locationOf, newBrowser } from '../federation.ts';
import { anyone } from '../gatehouse.ts';
import { newClient, newRequest, redeem } from '../oauth.ts';
import {
  addTelegram,
  confirmSignUp,
  mailedCode,
  newTelegramId,
  otherCode,
  requestSignUpCode,
} from '../sign-up.ts';

let social: SocialServer;
beforeAll(async () => {
  social = await startSocialServer();
});
afterAll(() => social.stop());

test('Telegram tells no address: who is new names one, confirms it, and has an account', async () => {
  const telegram = await addTelegram();
  const id = newTelegramId();
  const began = await telegram.signIn(id);
  expect(began).toMatchObject({ __typename: 'EmailRequired', signUpId: expect.any(String) });
  const { signUpId } = began;
  const [mistyped, email] = [newAddress('adda'), newAddress('ada')];
  await anyone.ask(requestSignUpCode, { input: { signUpId, email: mistyped } });
  const stale = await mailedCode(mistyped);
  expect(await anyone.ask(requestSignUpCode, { input: { signUpId, email } })).toEqual({
    requestSignUpCode: { email, codeExpiresAt: began.expiresAt },
  });
  const code = await mailedCode(email);
  expect(await anyone.refusal(confirmSignUp, { input: { signUpId, code: otherCode(code) } })).toBe(
    'INVALID_CODE',
  );
  if (stale !== code)
    expect(await anyone.refusal(confirmSignUp, { input: { signUpId, code: stale } })).toBe('INVALID_CODE');
  const { confirmSignUp: tokens } = await anyone.ask<{ confirmSignUp: TokenSet }>(confirmSignUp, {
    input: { signUpId, code },
  });
  expect(decodeJwt(tokens.idToken)).toMatchObject({ email, email_verified: true, amr: ['telegram'] });
  const me = '{ me { email status firstName linkedAccounts { provider { kind } } } }';
  expect(await anyone.as(tokens.accessToken).ask(me)).toEqual({
    me: { email, status: 'ACTIVE', firstName: 'Ada', linkedAccounts: [{ provider: { kind: 'TELEGRAM' } }] },
  });
  // From then on they are known.
  const again = await telegram.signIn(id);
  expect(again.__typename).toBe('TokenSet');
  expect(decodeJwt(again.idToken).sub).toBe(decodeJwt(tokens.idToken).sub);
});

/** Somebody whom X does not name to us, where our pages ask for an address. */
async function askedForAnAddress(name: string) {
  const providerId = await addProvider({
    name,
    kind: 'X',
    issuer: social.url,
    clientId: social.client.id,
    clientSecret: social.client.secret,
    signUp: true,
  });
  social.x.id = newTelegramId();
  const application = await newClient({ firstParty: true });
  const request = await newRequest(application);
  const browser = newBrowser();
  const page = await browser.open(request.url);
  const form = page.text.split('<form').find((part) => part.includes(providerId)) ?? '';
  const fieldOf = (pattern: RegExp) => pattern.exec(form)?.[1] ?? '';
  const away = locationOf(
    await browser.request(new URL(fieldOf(/action="([^"]+)"/), page.url), {
      method: 'POST',
      body: new URLSearchParams({ csrf: fieldOf(/name="csrf" value="([^"]+)"/), providerId }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin },
    }),
  );
  const asked = await browser.open(locationOf(await newBrowser(away.origin).open(away)));
  return { application, request, browser, asked };
}

test('at an application, our pages ask for the address, without a script', async () => {
  const { application, request, browser, asked } = await askedForAnAddress('X of the page');
  expect(asked.text).toContain('Your e-mail address');
  const unusable = await browser.submit(asked, { email: 'nothing' }, '/request-sign-up-code');
  expect(unusable.status).toBe(400);
  const email = newAddress('x');
  const sent = await browser.submit(unusable, { email }, '/request-sign-up-code');
  expect(sent.text).toContain(`A code is on its way to ${email}.`);
  const code = await mailedCode(email);
  const wrong = await browser.submit(sent, { code: otherCode(code) }, '/confirm-sign-up');
  expect(wrong.text).toContain('This code is not right');
  // Another browser sees nothing of it.
  expect((await newBrowser().open(new URL(wrong.url).pathname)).text).not.toContain(email);
  const callback = locationOf(await browser.submit(wrong, { code }, '/confirm-sign-up'));
  expect((await redeem(application, callback, request)).claims()).toMatchObject({ email, amr: ['oauth'] });
});

test('who would rather sign in another way goes back to the sign-in page', async () => {
  const { browser, asked } = await askedForAnAddress('X to leave');
  const back = await browser.submit(asked, {}, '/abandon-sign-up');
  expect(back.text).toContain('name="password"');
});
