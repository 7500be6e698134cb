import type { RequestInit } from 'undici';
import type { Fetch } from './fetch-as-host.ts';

export type Page = { url: string; status: number; headers: Headers; text: string };

type Cookie = { value: string; path: string };

/** As much of a browser as a sign-in needs: cookies with their paths, redirects within one origin, forms without scripts. */
export class Browser {
  readonly #origin: string;
  readonly #fetch: Fetch;
  readonly cookies = new Map<string, Cookie>();

  constructor(options: { origin: string; fetch: Fetch }) {
    this.#origin = options.origin;
    this.#fetch = options.fetch;
  }

  /** One request, with the cookies that belong to it; no redirect is followed. */
  async request(url: string | URL, init: RequestInit = {}): Promise<Page> {
    const target = new URL(url, this.#origin);
    const cookies = [...this.cookies].filter(([, { path }]) => isWithin(target.pathname, path));
    const response = await this.#fetch(target.href, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...(init.headers as Record<string, string>),
        ...(cookies.length > 0 && {
          cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; '),
        }),
      },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return {
      url: target.href,
      status: response.status,
      headers: response.headers as unknown as Headers,
      text: await response.text(),
    };
  }

  /** Goes on as long as redirects stay at this origin: the page, or the redirect that leads away. */
  async open(url: string | URL, init: RequestInit = {}): Promise<Page> {
    let page = await this.request(url, init);
    for (let steps = 0; steps < 10; steps++) {
      const location = page.headers.get('location');
      if (!location || new URL(location, page.url).origin !== this.#origin) return page;
      page = await this.request(new URL(location, page.url));
    }
    throw new Error('redirects without end');
  }

  /** Fills in the first form of a page, or the one whose action ends so, and sends it. */
  async submit(page: Page, fields: Record<string, string> = {}, action = ''): Promise<Page> {
    const forms = [...page.text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)];
    const form = forms.find(([, target = '']) => target.endsWith(action));
    if (!form) throw new Error(`no form in ${page.status} ${page.text}`);
    const [, target = '', content = ''] = form;
    const hidden = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const body = new URLSearchParams([
      ...hidden.map(([, name = '', value = '']): [string, string] => [name, value]),
      ...Object.entries(fields),
    ]);
    return await this.open(new URL(target, page.url), {
      method: 'POST',
      body: body.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.#origin },
    });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const attribute = (wanted: string) =>
      attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const expires = attribute('expires');
    if (value === '' || (expires && Date.parse(expires) < Date.now())) this.cookies.delete(name);
    else this.cookies.set(name, { value, path: attribute('path') ?? '/' });
  }
}

const isWithin = (path: string, of: string): boolean =>
  path === of || path.startsWith(of.endsWith('/') ? of : `${of}/`);
