import { expect, it } from 'vitest';
import { acrOf, type Principal, requireRecent } from '../src/index.ts';

const now = () => Math.floor(Date.now() / 1000);
const person = (values: { amr?: string[]; age?: number; secondFactor?: boolean } = {}): Principal => ({
  kind: 'user',
  userId: 'u',
  tenantId: 't',
  sessionId: 's',
  clientId: 'c',
  roles: [],
  permissions: [],
  amr: values.amr ?? ['pwd'],
  authTime: now() - (values.age ?? 0),
  secondFactor: values.secondFactor ?? false,
});
const multi = ['pwd', 'otp', 'mfa'];
const refusal = (principal: Principal, always = false) => {
  try {
    requireRecent(principal, { always });
    return null;
  } catch (error) {
    return (error as { extensions: unknown }).extensions;
  }
};

it('tells one factor from two', () => {
  expect(acrOf(['pwd'])).toBe('urn:gatehouse:acr:single-factor');
  // A code alone, or one that confirmed an address, is one factor.
  expect(acrOf(['pwd', 'otp'])).toBe('urn:gatehouse:acr:single-factor');
  expect(acrOf(multi)).toBe('urn:gatehouse:acr:multi-factor');
});

it('asks accounts with a second factor for it, and for it to be recent', () => {
  const needed = { code: 'STEP_UP_REQUIRED', maxAge: 900, acr: 'urn:gatehouse:acr:multi-factor' };
  expect(refusal(person({ secondFactor: true, amr: multi }))).toBeNull();
  expect(refusal(person({ secondFactor: true, amr: multi, age: 890 }))).toBeNull();
  expect(refusal(person({ secondFactor: true, amr: multi, age: 910 }))).toEqual(needed);
  expect(refusal(person({ secondFactor: true, amr: ['pwd'] }))).toEqual(needed);
});

it('asks accounts without one only where it must', () => {
  expect(refusal(person({ age: 10_000 }))).toBeNull();
  expect(refusal(person({ age: 10_000 }), true)).toEqual({
    code: 'STEP_UP_REQUIRED',
    maxAge: 900,
    acr: 'urn:gatehouse:acr:single-factor',
  });
  expect(refusal(person(), true)).toBeNull();
  expect(refusal({ kind: 'client', clientId: 'c', tenantId: 't', permissions: [] }, true)).toBeNull();
});
