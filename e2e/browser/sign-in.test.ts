import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Authenticator } from '@gatehouse/testkit/clients';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatehouse, registerAndConfirm } from '../gatehouse.ts';
import { addAuthenticator } from '../mfa.ts';
import { confirmPasskey, startPasskey } from '../passkeys.ts';
import { startApplication } from './application.ts';
import { addVirtualAuthenticator, fill, follow, missing, named, newTab, openChromium } from './chromium.ts';

if (missing && process.env.CI) throw new Error(missing);
if (missing) process.stderr.write(`SKIPPED, browsers are not tried: ${missing}\n`);

const multiFactor = 'urn:gatehouse:acr:multi-factor';
const pictures = process.env.SCREENSHOTS;

/** For whoever wants to look at them. */
async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) as `${string}.png`, fullPage: true });
}

type Account = { email: string; password: string };

async function enterPassword(page: Page, { email, password }: Account): Promise<void> {
  await fill(page, 'E-mail address or username', email);
  await fill(page, 'Password', password);
  await follow(page, 'Sign in');
}

describe.skipIf(missing)('in a browser', () => {
  let browser: Browser;
  let application: Awaited<ReturnType<typeof startApplication>>;
  const problems: string[] = [];
  const tab = async () => {
    const page = await newTab(browser);
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[014]/.test(message.text()))
        problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    return page;
  };
  beforeAll(async () => {
    [browser, application] = await Promise.all([openChromium(), startApplication()]);
  });
  afterAll(async () => {
    await browser?.close();
    await application?.stop();
  });

  test('a person signs in at an application with password and app, and allows it', async () => {
    const ada = await registerAndConfirm();
    const { app } = await addAuthenticator(ada);
    const page = await tab();
    await page.goto(application.origin);
    await picture(page, '1-sign-in');
    await enterPassword(page, { ...ada, password: 'not the password' });
    expect(await page.$eval('[role=alert]:not([hidden])', ({ textContent }) => textContent)).toContain(
      'failed',
    );
    await picture(page, '2-wrong-password');
    await enterPassword(page, ada);
    await picture(page, '3-second-factor');
    await fill(page, 'Code', await app.next());
    await follow(page, 'Continue');
    await picture(page, '4-consent');
    await follow(page, 'Allow');
    expect(await page.$eval('h1', ({ textContent }) => textContent)).toBe('Welcome');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, acr: multiFactor });
    // Who is known is asked for no password; that it is this application is asked anew (RFC 8252 § 8.6).
    await page.goto(application.origin);
    await follow(page, 'Allow');
    expect(application.claims).toHaveLength(2);
  });

  test('without JavaScript everything but passkeys works', async () => {
    const ada = await registerAndConfirm();
    const page = await tab();
    await page.setJavaScriptEnabled(false);
    await page.goto(`${application.origin}/?acr_values=${multiFactor}`);
    expect(await (await page.$(named('Sign in with a passkey')))?.isVisible()).toBe(false);
    await enterPassword(page, ada);
    await picture(page, '5-enrolment');
    await follow(page, 'Set up an authenticator app');
    await picture(page, '6-app');
    const secret = await page.$eval('.secret', ({ textContent }) => textContent ?? '');
    const app = new Authenticator(secret.replaceAll(' ', ''));
    await fill(page, 'The code that your app shows now', await app.next());
    await follow(page, 'Continue');
    await picture(page, '7-backup-codes');
    expect(await page.$$eval('.codes li', ({ length }) => length)).toBe(10);
    await follow(page, 'Continue to Ward planner');
    await follow(page, 'Allow');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, acr: multiFactor });
  });

  test('a passkey that the browser has made is a second factor, and signs in alone', async () => {
    const ada = await registerAndConfirm();
    const page = await tab();
    const authenticator = await addVirtualAuthenticator(page);
    // A page of the tenant's own: what an account page would do, with the browser's own functions.
    await page.goto(`${gatehouse.url}/oauth2/jwks`);
    const { startPasskey: started } = await ada.client.ask<{ startPasskey: { options: object } }>(
      startPasskey,
    );
    const passkey = await page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(started.options)});
      return (await navigator.credentials.create({ publicKey })).toJSON();
    })()`);
    await ada.client.ask(confirmPasskey, { input: { passkey, name: 'this computer' } });

    await page.goto(application.origin);
    await enterPassword(page, ada);
    await picture(page, '8-passkey-after-password');
    await follow(page, 'Use your passkey');
    await follow(page, 'Allow');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, amr: ['pwd', 'hwk', 'user', 'mfa'] });

    await page.goto(`${application.origin}/?prompt=login&acr_values=${multiFactor}`);
    await follow(page, 'Sign in with a passkey');
    await follow(page, 'Allow');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, amr: ['hwk', 'user', 'mfa'] });
    await authenticator.detach();
  });

  test('a first passkey is made on the page, where an application demands two factors', async () => {
    const ada = await registerAndConfirm();
    const page = await tab();
    await addVirtualAuthenticator(page);
    await page.goto(`${application.origin}/?acr_values=${multiFactor}`);
    await enterPassword(page, ada);
    await follow(page, 'Make a passkey');
    expect(await page.$$eval('.codes li', ({ length }) => length)).toBe(10);
    await follow(page, 'Continue to Ward planner');
    await follow(page, 'Allow');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, acr: multiFactor });
  });

  test('who has no passkey is told so, and signs in otherwise', async () => {
    const ada = await registerAndConfirm();
    const page = await tab();
    await addVirtualAuthenticator(page);
    await page.goto(application.origin);
    await page.locator(named('Sign in with a passkey')).click();
    await page.waitForSelector('form[data-passkey] [role=alert]:not([hidden])');
    await picture(page, '9-no-passkey');
    await enterPassword(page, ada);
    await follow(page, 'Allow');
    expect(application.claims.at(-1)).toMatchObject({ sub: ada.id, amr: ['pwd'] });
  });

  test('the pages fit a narrow screen, and a dark one', async () => {
    const page = await tab();
    await page.setViewport({ width: 320, height: 640, deviceScaleFactor: 2 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.goto(application.origin);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await picture(page, '10-narrow-and-dark');
    // Every field and button is reached with the keyboard, and says what it is.
    const names = (await page.evaluate(
      `[...document.querySelectorAll('input:not([type=hidden]), button')].map((element) =>
         element.labels?.[0]?.textContent || element.textContent)`,
    )) as string[];
    expect(names.every((name) => name.trim())).toBe(true);
  });

  test('no page has tried what its policy forbids', () => {
    expect(problems).toEqual([]);
  });
});
