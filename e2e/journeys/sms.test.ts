import { expect, test } from 'vitest';
import { administrator, anyone, gatehouse, mailbox, registerAndConfirm } from '../gatehouse.ts';
import {
  addPhone,
  addPhoneNumber,
  challengeOf,
  sendMfaCode,
  stepUp,
  verifyMfa,
  verifyRefusal,
} from '../mfa.ts';

test('a phone becomes the second factor: a code for each sign-in, and for what matters', async () => {
  const ada = await registerAndConfirm();
  const { number, factorId } = await addPhone(ada);
  const masked = `+49 ••• ••${number.slice(-2)}`;
  expect(await ada.client.ask('{ mfa { factors { method phoneNumber } backupCodesLeft } }')).toEqual({
    mfa: { factors: [{ method: 'SMS', phoneNumber: masked }], backupCodesLeft: 10 },
  });
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was added/i });

  const { challengeId, methods } = await challengeOf(anyone, ada);
  expect(methods).toEqual(['SMS', 'BACKUP_CODE']);
  const { sendMfaCode: sent } = await anyone.ask<{ sendMfaCode: { phoneNumber: string } }>(sendMfaCode, {
    input: { challengeId, method: 'SMS' },
  });
  expect(sent.phoneNumber).toBe(masked);
  const code = await mailbox.waitForTextedCode({ to: number, count: 2 });
  const { verifyMfa: tokens } = await anyone.ask<{ verifyMfa: { accessToken: string } }>(verifyMfa, {
    input: { challengeId, method: 'SMS', code },
  });
  expect(await verifyRefusal(anyone, challengeId, code, 'SMS')).toBe('INVALID_CODE');
  const client = anyone.as(tokens.accessToken);
  expect(await client.ask('{ session { amr acr } }')).toEqual({
    session: { amr: ['pwd', 'sms', 'mfa'], acr: 'urn:gatehouse:acr:multi-factor' },
  });

  await client.ask(sendMfaCode, { input: { method: 'SMS' } });
  const again = await mailbox.waitForTextedCode({ to: number, count: 3 });
  await client.ask(stepUp, { input: { method: 'SMS', code: again } });
  await client.ask('mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }', {
    input: { factorId },
  });
  await mailbox.waitForMail({ to: ada.email, subject: /second factor was removed/i });
});

test('an SMS is bound to the host it is for, so that phones fill it in nowhere else', async () => {
  const ada = await registerAndConfirm();
  const { number } = await addPhone(ada);
  const [sms] = await mailbox.mailsTo(number);
  expect(sms?.text.split('\n').at(-1)).toMatch(
    new RegExp(`^@${new URL(gatehouse.url).hostname.replaceAll('.', '\\.')} #\\d{6}$`),
  );
});

test('a number stands in the profile once it is confirmed, and until it is taken out', async () => {
  const ada = await registerAndConfirm();
  const phoneNumber = await addPhoneNumber(ada);
  const admin = await administrator();
  const seen = await admin.client.ask('query ($id: ID!) { user(id: $id) { phoneNumber } }', { id: ada.id });
  expect(seen).toEqual({ user: { phoneNumber } });
  // It is no second factor by that.
  expect(await ada.client.ask('{ mfa { factors { method } } }')).toEqual({ mfa: { factors: [] } });
  await ada.client.ask('mutation { removePhoneNumber { user { phoneNumber } } }');
  expect(await ada.client.ask('{ me { phoneNumber } }')).toEqual({ me: { phoneNumber: null } });
});
