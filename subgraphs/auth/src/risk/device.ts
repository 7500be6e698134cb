import Bowser from 'bowser';

/** Longer names of programs are cut. */
const maxLength = 80;

/**
 * The kind of device that a user agent names: `Firefox on Linux`. Versions change with every update and are left out; a
 * program that is no browser is called by its own name, without its version.
 */
export function deviceOf(userAgent: string | null): string {
  if (!userAgent) return 'unknown';
  const { browser, os } = Bowser.parse(userAgent);
  if (browser.name && os.name) return `${browser.name} on ${os.name}`;
  return (browser.name || userAgent.split(/[\s/;(]/)[0] || 'unknown').slice(0, maxLength);
}
