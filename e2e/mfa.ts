import { randomInt } from 'node:crypto';
import { Authenticator, type GatehouseClient, type Person } from '@gatehouse/testkit/clients';
import { expect } from 'vitest';
import { eventually, mailbox } from './gatehouse.ts';

export type Challenge = { challengeId: string; methods: string[]; expiresAt: string };

export const tokenFields = 'accessToken idToken refreshToken tokenType expiresIn sessionId';

/** Adds an authenticator app to somebody's account: the app, the backup codes and the id of the factor. */
export async function addAuthenticator({
  client,
}: Pick<Person, 'client'>): Promise<{ app: Authenticator; backupCodes: string[]; factorId: string }> {
  const { startTotp } = await client.ask<{ startTotp: { secret: string } }>(
    'mutation { startTotp { secret } }',
  );
  const app = new Authenticator(startTotp.secret);
  const { confirmTotp } = await client.ask<{
    confirmTotp: { factor: { id: string }; backupCodes: string[] };
  }>('mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) { factor { id } backupCodes } }', {
    input: { code: await app.next() },
  });
  return { app, backupCodes: confirmTotp.backupCodes, factorId: confirmTotp.factor.id };
}

/** The first step of a sign-in that needs a second one. */
export async function challengeOf(
  anyone: GatehouseClient,
  account: { email: string; password: string },
): Promise<Challenge> {
  const { login } = await anyone.ask<{ login: Challenge }>(
    `mutation ($input: LoginInput!) {
       login(input: $input) { __typename ... on MfaChallenge { challengeId methods expiresAt } }
     }`,
    { input: { identifier: account.email, password: account.password } },
  );
  return login;
}

export const verifyMfa = `mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { ${tokenFields} } }`;

/** The code that a try at a challenge is refused with; null when it signed in. */
export const verifyRefusal = (
  client: GatehouseClient,
  challengeId: string,
  code: string,
  method = 'TOTP',
): Promise<string | null> => client.refusal(verifyMfa, { input: { challengeId, method, code } });

export const stepUp =
  'mutation ($input: StepUpInput!) { stepUp(input: $input) { session { amr acr authTime } } }';

/** A mobile number that nobody else in the tests has. */
export const newPhoneNumber = (): string => `+49151${randomInt(20_000_000, 99_999_999)}`;

export const sendMfaCode =
  'mutation ($input: SendMfaCodeInput) { sendMfaCode(input: $input) { codeExpiresAt phoneNumber } }';

/** Adds SMS to somebody's account: the number that was confirmed. */
export async function addPhone({
  client,
}: Pick<Person, 'client'>): Promise<{ number: string; factorId: string }> {
  const number = newPhoneNumber();
  await client.ask(
    'mutation ($input: StartSmsFactorInput!) { startSmsFactor(input: $input) { phoneNumber } }',
    {
      input: { phoneNumber: number },
    },
  );
  const { confirmSmsFactor } = await client.ask<{ confirmSmsFactor: { factor: { id: string } } }>(
    'mutation ($input: ConfirmSmsFactorInput!) { confirmSmsFactor(input: $input) { factor { id } } }',
    { input: { code: await mailbox.waitForTextedCode({ to: number }) } },
  );
  return { number, factorId: confirmSmsFactor.factor.id };
}

/** Puts a number into somebody's profile, and waits until it stands there. */
export async function addPhoneNumber({ client }: Pick<Person, 'client'>): Promise<string> {
  const phoneNumber = newPhoneNumber();
  await client.ask(startPhoneNumber, { input: { phoneNumber } });
  await client.ask(confirmPhoneNumber, {
    input: { code: await mailbox.waitForTextedCode({ to: phoneNumber }) },
  });
  await eventually(async () => {
    expect(await client.ask('{ me { phoneNumber } }')).toEqual({ me: { phoneNumber } });
  });
  return phoneNumber;
}

export const startPhoneNumber =
  'mutation ($input: StartPhoneNumberInput!) { startPhoneNumber(input: $input) { phoneNumber } }';
export const confirmPhoneNumber =
  'mutation ($input: ConfirmPhoneNumberInput!) { confirmPhoneNumber(input: $input) { phoneNumber } }';
