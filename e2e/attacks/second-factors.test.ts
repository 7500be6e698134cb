import { newAddress, newPassword, randomText } from '@gatehouse/testkit/clients';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import {
  anyone,
  eventually,
  gatehouse,
  mailbox,
  memberWith,
  otherTenant,
  registerAndConfirm,
} from '../gatehouse.ts';
import { addAuthenticator, challengeOf, stepUp, verifyMfa, verifyRefusal } from '../mfa.ts';

/** What only an operator can do: as if time had passed. */
async function sql(text: string, values: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: gatehouse.databaseUrl });
  await client.connect();
  await client.query(text, values);
  await client.end();
}

const requestReset =
  'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email } }';
const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }';

describe('a second factor is not got round', () => {
  test('by guessing: five wrong codes, over sign-ins and methods, and no right one counts any more', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const challenges = await Promise.all(Array.from({ length: 20 }, () => challengeOf(anyone, victim)));
    const guesses = challenges.flatMap(({ challengeId }) =>
      ['TOTP', 'BACKUP_CODE', 'EMAIL'].map((method) => ({ challengeId, method })),
    );
    const outcomes = await Promise.all(
      guesses.map(({ challengeId, method }) => verifyRefusal(anyone, challengeId, app.wrong(), method)),
    );
    expect(new Set(outcomes)).toEqual(new Set(['INVALID_CODE']));
    const { challengeId } = await challengeOf(anyone, victim);
    expect(await verifyRefusal(anyone, challengeId, await app.next())).toBe('INVALID_CODE');
    // A step-up asks the same counter, so it gives no more guesses.
    const input = { method: 'TOTP', code: await app.next() };
    expect(await victim.client.refusal(stepUp, { input })).toBe('INVALID_CODE');
  });

  test('by a code seen over somebody’s shoulder, within its own window', async () => {
    const victim = await registerAndConfirm();
    const { app } = await addAuthenticator(victim);
    const mine = await challengeOf(anyone, victim);
    const code = await app.next();
    const own = await challengeOf(anyone, victim);
    expect(await verifyRefusal(anyone, own.challengeId, code)).toBeNull();
    expect(await verifyRefusal(anyone, mine.challengeId, code)).toBe('INVALID_CODE');
    expect(await victim.client.refusal(stepUp, { input: { code } })).toBe('INVALID_CODE');
  });

  test('by using a challenge again, with another code', async () => {
    const ada = await registerAndConfirm();
    const { app, backupCodes } = await addAuthenticator(ada);
    const { challengeId } = await challengeOf(anyone, ada);
    expect(await verifyRefusal(anyone, challengeId, await app.next())).toBeNull();
    for (const code of backupCodes.slice(0, 2)) {
      expect(await verifyRefusal(anyone, challengeId, code, 'BACKUP_CODE')).toBe('INVALID_CODE');
    }
  });

  test('by the codes of another account, or at another tenant', async () => {
    const victim = await registerAndConfirm();
    const { backupCodes } = await addAuthenticator(victim);
    const mallory = await registerAndConfirm();
    const own = await addAuthenticator(mallory);
    const { challengeId } = await challengeOf(anyone, victim);
    expect(await verifyRefusal(anyone, challengeId, await own.app.next())).toBe('INVALID_CODE');
    expect(await verifyRefusal(anyone, challengeId, own.backupCodes[0] ?? '', 'BACKUP_CODE')).toBe(
      'INVALID_CODE',
    );
    // Nor does being signed in as somebody help.
    expect(await verifyRefusal(mallory.client, challengeId, own.backupCodes[0] ?? '', 'BACKUP_CODE')).toBe(
      'INVALID_CODE',
    );
    const right = backupCodes[0] ?? '';
    expect(await verifyRefusal(otherTenant.anyone, challengeId, right, 'BACKUP_CODE')).toBe('INVALID_CODE');
    expect(await verifyRefusal(anyone, challengeId, right, 'BACKUP_CODE')).toBeNull();
  });

  test('by a forgotten password: the new one is still one factor, and older challenges are void', async () => {
    const victim = await registerAndConfirm();
    const { app, backupCodes } = await addAuthenticator(victim);
    const older = await challengeOf(anyone, victim);
    await anyone.ask(requestReset, { input: { email: victim.email } });
    const code = mailbox.codeOf(await mailbox.waitForMail({ to: victim.email, subject: /new password/i }));
    const password = newPassword();
    await anyone.ask(reset, { input: { code, password } });
    expect(await verifyRefusal(anyone, older.challengeId, await app.next())).toBe('INVALID_CODE');
    const challenge = await challengeOf(anyone, { ...victim, password });
    expect(challenge).toMatchObject({ __typename: 'MfaChallenge' });
    expect(
      await verifyRefusal(anyone, challenge.challengeId, backupCodes[0] ?? '', 'BACKUP_CODE'),
    ).toBeNull();
  });

  test('by the confirmation code of the registration', async () => {
    const { email } = await registerAndConfirm();
    const code = mailbox.codeOf(await mailbox.waitForMail({ to: email }));
    const confirm =
      'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }';
    expect(await anyone.refusal(confirm, { input: { code, password: newPassword() } })).toBe('INVALID_CODE');
  });

  test('by a session from before it: that one is over, and so is its refresh token', async () => {
    const ada = await registerAndConfirm();
    const { login } = await anyone.ask<{ login: { accessToken: string; refreshToken: string } }>(
      'mutation ($input: LoginInput!) { login(input: $input) { ... on TokenSet { accessToken refreshToken } } }',
      { input: { identifier: ada.email, password: ada.password } },
    );
    await addAuthenticator(ada);
    await eventually(
      async () => expect(await anyone.as(login.accessToken).refusal('{ me { id } }')).toBe('UNAUTHENTICATED'),
      1_000,
    );
    expect(
      await anyone.refusal(
        'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }',
        { input: { refreshToken: login.refreshToken } },
      ),
    ).toBe('INVALID_GRANT');
  });

  test('by a stolen session: taking the factor away, or a new password, asks for it again', async () => {
    const ada = await registerAndConfirm();
    const { app, factorId } = await addAuthenticator(ada);
    await sql("update auth.session set auth_time = now() - interval '1 hour' where id = $1", [
      ada.tokens.sessionId,
    ]);
    const remove = () =>
      ada.client.graphql(
        'mutation ($input: RemoveFactorInput!) { removeFactor(input: $input) { factorId } }',
        {
          input: { factorId },
        },
      );
    const { errors } = await remove();
    expect(errors[0]?.extensions).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      maxAge: 900,
      acr: 'urn:gatehouse:acr:multi-factor',
    });
    expect(
      await ada.client.refusal(
        'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions } }',
        { input: { currentPassword: ada.password, newPassword: newPassword() } },
      ),
    ).toBe('STEP_UP_REQUIRED');
    expect(await ada.client.refusal(stepUp, { input: { password: ada.password } })).toBe('BAD_USER_INPUT');
    await ada.client.ask(stepUp, { input: { method: 'TOTP', code: await app.next() } });
    expect((await remove()).errors).toEqual([]);
  });

  test('by a stolen session of an administrator: giving roles asks for it, and a refresh does not help', async () => {
    const root = await memberWith(['admin']);
    const mallory = await registerAndConfirm();
    const { app } = await addAuthenticator(root);
    await sql("update auth.session set auth_time = now() - interval '1 hour' where id = $1", [
      root.tokens.sessionId,
    ]);
    const { refreshToken } = await anyone.ask<{ refreshToken: { accessToken: string } }>(
      'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken } }',
      { input: { refreshToken: root.tokens.refreshToken } },
    );
    const stolen = anyone.as(refreshToken.accessToken);
    const attempts = {
      assignRole: ['AssignRoleInput', { userId: mallory.id, role: 'admin' }, 'user { id }'],
      removeRole: ['RemoveRoleInput', { userId: mallory.id, role: 'self-registration' }, 'user { id }'],
      addUser: ['AddUserInput', { email: newAddress('accomplice'), roles: ['admin'] }, 'user { id }'],
      createClient: ['CreateClientInput', { name: 'program', scopes: ['users:read'] }, 'secret'],
    } as const;
    for (const [mutation, [type, input, selection]] of Object.entries(attempts)) {
      const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${selection} } }`;
      expect(await stolen.refusal(document, { input }), mutation).toBe('STEP_UP_REQUIRED');
    }
    await stolen.ask(stepUp, { input: { method: 'TOTP', code: await app.next() } });
    const assign = 'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }';
    await eventually(
      async () =>
        expect(await stolen.refusal(assign, { input: { userId: mallory.id, role: 'user' } })).toBeNull(),
      1_000,
    );
  });

  test('by going straight to the token endpoint', async () => {
    const ada = await registerAndConfirm();
    await addAuthenticator(ada);
    const { challengeId } = await challengeOf(anyone, ada);
    const forms: Record<string, string>[] = [
      { grant_type: 'urn:gatehouse:params:oauth:grant-type:session', challenge: challengeId },
      { grant_type: 'password', username: ada.email, password: ada.password },
    ];
    for (const form of forms) {
      const response = await anyone.fetch(`${gatehouse.url}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ client_id: 'gatehouse', ...form }).toString(),
      });
      expect(response.status).toBe(400);
      expect(await response.text()).not.toContain('access_token');
    }
  });
});

test('who has a second factor shows only to who knows the password', async () => {
  const ada = await registerAndConfirm();
  await addAuthenticator(ada);
  const login = (identifier: string) =>
    anyone.graphql('mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
      input: { identifier, password: newPassword() },
    });
  const [known, unknown] = [await login(ada.email), await login(`nobody-${randomText()}@example.com`)];
  expect(known.errors.map(({ message, extensions }) => ({ message, extensions }))).toEqual(
    unknown.errors.map(({ message, extensions }) => ({ message, extensions })),
  );
  expect(known.errors[0]?.extensions.code).toBe('INVALID_CREDENTIALS');
});

test('a challenge that is not one gets the same answer as a wrong code', async () => {
  const ada = await registerAndConfirm();
  const { app } = await addAuthenticator(ada);
  const { challengeId } = await challengeOf(anyone, ada);
  const answers = [];
  for (const id of [challengeId, 'x'.repeat(43), 'x', '']) {
    const { errors, status, data } = await anyone.graphql(verifyMfa, {
      input: { challengeId: id, method: 'TOTP', code: app.wrong() },
    });
    answers.push({
      status,
      data,
      errors: errors.map(({ message, extensions }) => ({ message, extensions })),
    });
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});
