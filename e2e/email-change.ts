import type { Person } from '@gatehouse/testkit/clients';
import { mailbox } from './gatehouse.ts';

type Client = Person['client'];

export const requestEmailChange = `mutation ($input: RequestEmailChangeInput!) {
  requestEmailChange(input: $input) { newEmail codeExpiresAt } }`;
export const confirmEmailChange = `mutation ($input: ConfirmEmailChangeInput!) {
  confirmEmailChange(input: $input) { user { id email } } }`;

export const askFor = (client: Client, newEmail: string) =>
  client.ask<{ requestEmailChange: { newEmail: string; codeExpiresAt: string } }>(requestEmailChange, {
    input: { newEmail },
  });

/** Asks for another address: the code that is mailed there. */
export async function codeFor(client: Client, newEmail: string): Promise<string> {
  await askFor(client, newEmail);
  const mail = await mailbox.waitForMail({ to: newEmail, subject: /Confirm your new address/ });
  return mailbox.codeOf(mail);
}

export const confirmRefusal = (client: Client, code: string): Promise<string | null> =>
  client.refusal(confirmEmailChange, { input: { code } });
