import { newAddress } from '@gatehouse/testkit/clients';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { codeFor, confirmEmailChange } from '../email-change.ts';
import {
  administrator,
  anyone,
  confirm,
  eventually,
  mailbox,
  register,
  registerAndConfirm,
  signIn,
} from '../gatehouse.ts';

test('a person has another address from the moment they confirm it, and whoever reads the old one is told', async () => {
  const ada = await registerAndConfirm();
  const elsewhere = await signIn(ada);
  const newEmail = newAddress('ada');
  const code = await codeFor(ada.client, newEmail);
  await mailbox.waitForMail({ to: ada.email, subject: /is to have another address/ });
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: ada.email } });

  expect(await ada.client.ask(confirmEmailChange, { input: { code } })).toEqual({
    confirmEmailChange: { user: { id: ada.id, email: newEmail } },
  });
  await mailbox.waitForMail({ to: ada.email, subject: /address of your account .* was changed/ });
  await eventually(async () => {
    expect(await elsewhere.client.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
  });
  expect(await ada.client.ask('{ me { email } }')).toEqual({ me: { email: newEmail } });

  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const former = { identifier: ada.email, password: ada.password };
  expect(await anyone.refusal(login, { input: former })).toBe('INVALID_CREDENTIALS');
  const again = await signIn({ email: newEmail, password: ada.password });
  expect(again.id).toBe(ada.id);
  expect(decodeJwt(again.tokens.idToken)).toMatchObject({ email: newEmail, email_verified: true });

  const { client: admin } = await administrator();
  const log = `query ($filter: AuditFilter) { auditLog(first: 20, filter: $filter) { nodes { action result subject { id } } } }`;
  await eventually(async () => {
    const { auditLog } = await admin.ask<{ auditLog: { nodes: { action: string }[] } }>(log, {
      filter: { subject: ada.id },
    });
    const actions = auditLog.nodes.map(({ action }) => action);
    expect(actions).toContain('requestEmailChange');
    expect(actions).toContain('confirmEmailChange');
  });
  const { securityEvents } = await again.client.ask<{ securityEvents: { nodes: { type: string }[] } }>(
    '{ securityEvents(first: 20) { nodes { type } } }',
  );
  expect(securityEvents.nodes.map(({ type }) => type)).toContain('EMAIL_CHANGED');

  // The former address is anybody's again.
  await register({ email: ada.email });
  const invitation = { to: ada.email, subject: /Confirm your registration/, count: 2 };
  const heir = await confirm(ada, mailbox.codeOf(await mailbox.waitForMail(invitation)));
  expect(heir.id).not.toBe(ada.id);
});
