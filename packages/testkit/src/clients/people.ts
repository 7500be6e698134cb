import { randomBytes } from 'node:crypto';
import { type ClientOptions, GatehouseClient } from './gatehouse-client.ts';
import { Mailbox } from './mailbox.ts';

export type TokenSet = {
  accessToken: string;
  idToken: string;
  refreshToken: string;
  tokenType: string;
  expiresIn: number;
  sessionId: string;
};

/** Somebody with an account, signed in. */
export type Person = {
  id: string;
  email: string;
  username: string | null;
  password: string;
  tokens: TokenSet;
  /** Speaks with the access token. */
  client: GatehouseClient;
};

export type Credentials = { email: string; password: string };

export type NewAccount = {
  email?: string;
  username?: string;
  firstName?: string;
  lastName?: string;
  password?: string;
};

const tokenSet = '... on TokenSet { accessToken idToken refreshToken tokenType expiresIn sessionId }';

export const randomText = (): string => randomBytes(8).toString('hex');
/** Nobody else's in this run. */
export const newAddress = (name = 'person'): string => `${name}.${randomText()}@example.com`;
export const newPassword = (): string => `correct horse ${randomText()}`;

/** The people of a story: each call makes a new one, so that stories can run side by side. */
export function people(
  options: Omit<ClientOptions, 'accessToken'> & {
    administrator: Credentials;
    /** Where their mails come to; the development mailbox unless told. */
    mailbox?: (client: GatehouseClient) => Mailbox;
  },
) {
  const anyone = new GatehouseClient(options);
  const mailbox = options.mailbox?.(anyone) ?? new Mailbox(anyone);

  const loggedIn = async (
    account: Credentials & { username?: string | null },
    tokens: TokenSet,
  ): Promise<Person> => {
    const client = anyone.as(tokens.accessToken);
    const { me } = await client.ask<{ me: { id: string; username: string | null } }>(
      '{ me { id username } }',
    );
    return { ...account, id: me.id, username: me.username, tokens, client };
  };

  /** Logs in: another session of the same person. */
  const signIn = async (account: Credentials): Promise<Person> => {
    const { login } = await anyone.ask<{ login: TokenSet }>(
      `mutation ($input: LoginInput!) { login(input: $input) { ${tokenSet} } }`,
      { input: { identifier: account.email, password: account.password } },
    );
    return await loggedIn(account, login);
  };

  /** Uses a code from a mail and sets the password. */
  const confirm = async (account: Credentials, code: string): Promise<Person> => {
    const { confirmRegistration } = await anyone.ask<{ confirmRegistration: TokenSet }>(
      `mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { ${tokenSet} } }`,
      { input: { code, password: account.password } },
    );
    return await loggedIn(account, confirmRegistration);
  };

  /** Registers and leaves the mail unread. */
  const register = async (account: NewAccount = {}): Promise<Required<Pick<NewAccount, 'email'>>> => {
    const email = account.email ?? newAddress();
    await anyone.ask(
      'mutation ($input: RegisterInput!) { register(input: $input) { email codeExpiresAt } }',
      {
        input: { ...account, email },
      },
    );
    return { email };
  };

  const confirmWithMail = async (account: Credentials): Promise<Person> =>
    await confirm(account, mailbox.codeOf(await mailbox.waitForMail({ to: account.email })));

  /** Registers, reads the mail, follows its link: an ACTIVE account with the role `self-registration`. */
  const registerAndConfirm = async (account: NewAccount = {}): Promise<Person> => {
    const { password = newPassword(), ...rest } = account;
    const { email } = await register(rest);
    return await confirmWithMail({ email, password });
  };

  /** The first administrator of the deployment, in a session of their own. */
  const administrator = (): Promise<Person> => signIn(options.administrator);

  /** Somebody an administrator added and who accepted the invitation: a `user`, or what `roles` says. */
  const memberWith = async (roles?: string[]): Promise<Person> => {
    const { client } = await administrator();
    const account = { email: newAddress('member'), password: newPassword() };
    await client.ask('mutation ($input: AddUserInput!) { addUser(input: $input) { user { id } } }', {
      input: { email: account.email, roles },
    });
    return await confirmWithMail(account);
  };

  return { anyone, mailbox, signIn, register, confirm, registerAndConfirm, administrator, memberWith };
}
