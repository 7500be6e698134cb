import type { Caller } from '@gatehouse/identity';
import { Authenticator } from '@gatehouse/testkit/clients';
import { anonymous, as, password, type TestAuth, type Tokens } from './harness.ts';

const tokenFields = 'accessToken idToken refreshToken tokenType expiresIn sessionId';

/** What tests of second factors do with an auth subgraph. */
export const mfaOf = (auth: TestAuth) => {
  const callerOf = async (tokens: Pick<Tokens, 'accessToken'>) =>
    as(await auth.principal(tokens.accessToken));

  /** The first step of a sign-in. */
  const challenge = async (identifier: string, caller = anonymous()) => {
    const { data } = await auth.ask(
      caller,
      `mutation ($input: LoginInput!) { login(input: $input) {
         __typename ... on MfaChallenge { challengeId methods expiresAt } } }`,
      { input: { identifier, password } },
    );
    return data.login as { __typename: string; challengeId: string; methods: string[]; expiresAt: string };
  };

  const verify = async (challengeId: string, code: string, method = 'TOTP', caller = anonymous()) =>
    auth.ask(caller, `mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { ${tokenFields} } }`, {
      input: { challengeId, method, code },
    });

  return {
    callerOf,
    challenge,
    verify,
    verifyRefusal: async (...given: Parameters<typeof verify>) =>
      (await verify(...given)).errors?.[0]?.extensions.code ?? null,
    run: (caller: Caller, mutation: string, selection: string, input?: object) => {
      const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
      return input
        ? auth.ask(caller, `mutation ($input: ${type}) { ${mutation}(input: $input) ${selection} }`, {
            input,
          })
        : auth.ask(caller, `mutation { ${mutation} ${selection} }`);
    },
    /** A person with an authenticator app, signed in. */
    async enrolled(name: string) {
      const subject = await auth.account(name);
      const tokens = await auth.login(name);
      const caller = await callerOf(tokens);
      const started = await auth.ask(caller, 'mutation { startTotp { uri secret qrCode } }');
      const app = new Authenticator(started.data.startTotp.secret);
      const { data } = await auth.ask(
        caller,
        `mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) {
           factor { id method createdAt lastUsedAt } backupCodes } }`,
        { input: { code: await app.next() } },
      );
      const { factor, backupCodes } = data.confirmTotp;
      return { subject, tokens, caller, app, factor, backupCodes: backupCodes as string[], ...started.data };
    },
    /** The code of the newest SMS to a number. */
    textedCode: (number: string): string | undefined =>
      auth.texts.findLast(({ to }) => to === number)?.parameters.code,
    /** The code of the newest mail to somebody. */
    mailedCode: (email: string): string | undefined =>
      auth.mails.findLast(({ to, template }) => to === email && template === 'SIGN_IN_CODE')?.parameters.code,
  };
};
