import { randomText, type TokenSet } from '@gatehouse/testkit/clients';
import { telegramPayload } from '@gatehouse/testkit/providers';
import { addProvider, tokenFields } from './federation.ts';
import { anyone, mailbox } from './gatehouse.ts';

export const loginWithTelegram = `mutation ($input: LoginWithTelegramInput!) {
  loginWithTelegram(input: $input) {
    __typename ... on TokenSet { ${tokenFields} } ... on EmailRequired { signUpId expiresAt } } }`;
export const requestSignUpCode = `mutation ($input: RequestSignUpCodeInput!) {
  requestSignUpCode(input: $input) { email codeExpiresAt } }`;
export const confirmSignUp = `mutation ($input: ConfirmSignUpInput!) {
  confirmSignUp(input: $input) { __typename ... on TokenSet { ${tokenFields} } } }`;

export type Began = { __typename: string; signUpId: string; expiresAt: string } & TokenSet;

/** A Telegram that people may sign up with, and somebody there. */
export async function addTelegram(input: Record<string, unknown> = {}) {
  const botToken = `77${String(Date.now()).slice(-8)}:${randomText()}${randomText()}`;
  const providerId = await addProvider({
    name: 'Telegram',
    kind: 'TELEGRAM',
    clientId: 'clinic_bot',
    clientSecret: botToken,
    signUp: true,
    ...input,
  });
  const payload = (id: string) =>
    telegramPayload(botToken, { id, firstName: 'Ada', lastName: 'Lovelace', username: randomText() });
  return {
    providerId,
    payload,
    signIn: async (id: string): Promise<Began> =>
      (
        await anyone.ask<{ loginWithTelegram: Began }>(loginWithTelegram, {
          input: { providerId, payload: payload(id) },
        })
      ).loginWithTelegram,
  };
}

let last = Date.now();
export const newTelegramId = (): string => String(last++);

/** The code in the newest mail that opens an account. */
export async function mailedCode(email: string, count = 1): Promise<string> {
  const { text } = await mailbox.waitForMail({ to: email, subject: /code to open an account/, count });
  const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1];
  if (!code) throw new Error(`no code in: ${text}`);
  return code;
}

export const otherCode = (code: string): string => (code === '000000' ? '000001' : '000000');
