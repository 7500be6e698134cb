import { existsSync } from 'node:fs';
import { type Browser, type CDPSession, launch, type Page } from 'puppeteer-core';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
);

/** Why there is no browser to test with; said aloud, and an error where everything has to be tried. */
export const missing = executablePath
  ? undefined
  : 'Chromium is missing: apt-get install chromium, or name one with CHROMIUM.';

/** Chromium without a window. */
export async function openChromium(): Promise<Browser> {
  if (!executablePath) throw new Error(missing);
  return launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
  });
}

/** A tab of a person of their own: no cookie is shared. */
export async function newTab(browser: Browser): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 1_000, height: 900 });
  page.setDefaultTimeout(10_000);
  return page;
}

/** An authenticator in the computer, which verifies its person at once (Chrome DevTools Protocol, WebAuthn). */
export async function addVirtualAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.createCDPSession();
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}

/** A button or link, by what it says. */
export const named = (name: string): string =>
  `::-p-xpath(//*[self::button or self::a][normalize-space() = "${name}"])`;

/** Clicks what is called so, and waits for where it leads. */
export async function follow(page: Page, name: string): Promise<void> {
  const element = await found(page, named(name));
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), element.click()]);
}

/** Types into a field by its label, in place of what is in it. */
export async function fill(page: Page, label: string, text: string): Promise<void> {
  const field = await found(page, `::-p-xpath(//label[normalize-space() = "${label}"]/input)`);
  await field.click({ count: 3 });
  await field.type(text);
}

/** Of a page that is there: waiting for an element takes scripts, which a page may have none of. */
async function found(page: Page, selector: string) {
  const element = await page.$(selector);
  if (element) return element;
  throw new Error(`${selector} is not on ${page.url()}: ${await page.content()}`);
}
