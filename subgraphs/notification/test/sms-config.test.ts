import { StartupError } from '@gatehouse/service-kit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { notificationConfigOf, notificationEnvironment } from '../src/index.ts';

const sid = (prefix: string) => prefix + '0123456789abcdef'.repeat(2);
const read = (given: Record<string, string>) =>
  notificationConfigOf(
    z.object({ ...notificationEnvironment, NODE_ENV: z.string().optional() }).parse(given),
  );

const account = { TWILIO_ACCOUNT_SID: sid('AC'), TWILIO_AUTH_TOKEN: 'x'.repeat(32) };

test('all settings of Twilio or none', () => {
  expect(read({}).twilio).toBeNull();
  expect(read({ ...account, TWILIO_FROM: '+15005550006' }).twilio).toMatchObject({
    from: { number: '+15005550006' },
    url: 'https://api.twilio.com',
  });
  expect(read({ ...account, TWILIO_MESSAGING_SERVICE_SID: sid('MG') }).twilio?.from).toEqual({
    messagingServiceSid: sid('MG'),
  });
});

test('half of them stop the process, naming what is missing', () => {
  const missing = (given: Record<string, string>) => {
    try {
      read(given);
    } catch (error) {
      expect(error).toBeInstanceOf(StartupError);
      return ((error as Error).message.match(/^ {2}\w+/gm) ?? []).map((line) => line.trim());
    }
    return null;
  };
  expect(missing({ TWILIO_FROM: '+15005550006' })).toEqual(['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']);
  expect(missing(account)).toEqual(['TWILIO_FROM']);
  expect(missing({ TWILIO_URL: 'http://localhost:1' })).toHaveLength(3);
  expect(missing({ ...account, TWILIO_FROM: 'Acme', TWILIO_MESSAGING_SERVICE_SID: sid('MG') })).toEqual([
    'TWILIO_FROM',
  ]);
});
