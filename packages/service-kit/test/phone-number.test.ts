import { expect, test } from 'vitest';
import { e164Field, maskPhoneNumber, readPhoneNumber } from '../src/phone-number.ts';

test('mobile numbers are read however people write them', () => {
  for (const text of ['+4915112345678', ' +49 (151) 123-45678 ', '+49 1511 2345678']) {
    expect(readPhoneNumber(text), text).toEqual({ number: '+4915112345678', country: 'DE' });
  }
  expect(readPhoneNumber('+12025550123')).toEqual({ number: '+12025550123', country: 'US' });
});

test('countries that share a calling code are told apart', () => {
  expect(readPhoneNumber('+18765551234')?.country).toBe('JM');
  expect(readPhoneNumber('+77011234567')?.country).toBe('KZ');
  expect(readPhoneNumber('+882161234567')?.country ?? null).toBeNull();
});

test('what is no mobile number is refused', () => {
  const others = {
    'a landline': '+4930123456',
    'a premium rate': '+19005550123',
    'shared costs': '+491801234567',
    'no country': '0151 12345678',
    'an extension': '+4915112345678;ext=1',
    'words around it': 'call me +4915112345678',
    'a link': 'tel:+4915112345678',
    'too short': '+4915',
    'too long': '+491511234567890123',
    nothing: '',
  };
  for (const [what, text] of Object.entries(others)) expect(readPhoneNumber(text), what).toBeNull();
  for (const text of ['+4915112345678\n', '4915112345678', '+0151', '+49 151']) {
    expect(e164Field.safeParse(text).success, text).toBe(false);
  }
});

test('a masked number shows its country and two digits', () => {
  expect(maskPhoneNumber('+4915112345678')).toBe('+49 ••• ••78');
  expect(maskPhoneNumber('+12025550123')).toBe('+1 ••• ••23');
});
