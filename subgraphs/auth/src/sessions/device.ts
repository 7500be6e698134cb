import Bowser from 'bowser';
import type { Device } from '../../generated/resolvers.ts';
import { deviceOf } from '../risk/device.ts';

const kinds: Record<string, Device['kind']> = { desktop: 'DESKTOP', mobile: 'MOBILE', tablet: 'TABLET' };

/**
 * The device that a session was opened on, as its user agent tells and its owner calls it. What no browser for people says it
 * is, is a program.
 */
export function deviceFrom({ name, userAgent }: { name: string | null; userAgent: string | null }): Device {
  const { browser, os, platform } = userAgent ? Bowser.parse(userAgent) : Bowser.parse('unknown');
  return {
    name: name ?? deviceOf(userAgent),
    kind: kinds[platform.type ?? ''] ?? 'PROGRAM',
    browser: browser.name || null,
    os: os.name || null,
  };
}
