import { type GatehouseClient, newAddress, newPassword, type people } from '@gatehouse/testkit/clients';
import { expect } from 'vitest';

/** What one person's way in has come to, as far as the answers tell. `sent`: no answer came, so it may have happened. */
type Progress = 'not yet' | 'sent' | 'accepted';
export type Newcomer = {
  email: string;
  password: string;
  code?: string;
  registered: Progress;
  confirmed: Progress;
  promoted: Progress;
};

const settledWithinMs = 20_000;
/** Through a mail server that was lost: the next attempts are some seconds apart. */
const mailedWithinMs = 60_000;

export type Story = Pick<ReturnType<typeof people>, 'anyone' | 'mailbox' | 'register' | 'signIn'>;

/** Somebody who has not begun. */
export const newcomer = (): Newcomer => ({
  email: newAddress('newcomer'),
  password: newPassword(),
  registered: 'not yet',
  confirmed: 'not yet',
  promoted: 'not yet',
});

/** Registers, reads the mail, confirms, is given a role; notes how far it came. Throws when the other side dies. */
export async function advance(newcomer: Newcomer, story: Story, admin: GatehouseClient): Promise<void> {
  const { email, password } = newcomer;
  const step = async (name: 'registered' | 'confirmed' | 'promoted', act: () => Promise<unknown>) => {
    if (newcomer[name] !== 'not yet') return;
    newcomer[name] = 'sent';
    await act();
    newcomer[name] = 'accepted';
  };
  await step('registered', () => story.register({ email, password }));
  newcomer.code ??= story.mailbox.codeOf(await story.mailbox.waitForMail({ to: email }, 1_000));
  await step('confirmed', () => confirm(newcomer, story));
  const id = (await accountsOf(email, admin))[0]?.id;
  await step('promoted', () =>
    admin.ask('mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }', {
      input: { userId: id, role: 'user' },
    }),
  );
}

/** Holds what was answered against what is there now. */
export async function verify(newcomer: Newcomer, story: Story, admin: GatehouseClient): Promise<void> {
  const { email, password, registered, confirmed, promoted } = newcomer;
  const accounts = await accountsOf(email, admin);
  if (registered === 'accepted') expect(accounts).toHaveLength(1);
  else expect(accounts.length).toBeLessThanOrEqual(1);

  const [account] = accounts;
  if (!account) return expect(await story.mailbox.mailsTo(email)).toEqual([]);
  const mail = await story.mailbox.waitForMail({ to: email }, mailedWithinMs);
  expect(await story.mailbox.mailsTo(email), `mails to ${email}`).toHaveLength(1);

  if (confirmed === 'accepted') expect(account.status).toBe('ACTIVE');
  newcomer.code ??= story.mailbox.codeOf(mail);
  const again = await confirm(newcomer, story).then(
    () => 'confirmed',
    (error: Error) => error.message,
  );
  if (confirmed === 'accepted') expect(again).toContain('INVALID_CODE');
  if (confirmed === 'not yet') expect(again).toBe('confirmed');
  // Killed between the use of the code and the account's activation, the event still completes it.
  const isActive = async () => (await accountsOf(email, admin))[0]?.status === 'ACTIVE';
  for (const deadline = Date.now() + settledWithinMs; !(await isActive()) && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const person = await story.signIn({ email, password });

  const effects = async () => {
    const { me, securityEvents } = await person.client.ask<Effects>(effectsOf);
    return {
      status: me.status,
      promotions: me.roles.filter(({ name }) => name === 'user').length,
      notices: me.notifications.nodes.length,
      confirmations: securityEvents.nodes.filter(({ type }) => type === 'REGISTRATION_CONFIRMED').length,
      changes: securityEvents.nodes.filter(({ type }) => type === 'ROLES_CHANGED').length,
    };
  };
  let seen = await effects();
  const complete = () => seen.changes === seen.promotions && seen.notices === seen.promotions;
  for (const deadline = Date.now() + settledWithinMs; !complete() && Date.now() < deadline; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen = await effects();
  }
  const { promotions } = seen;
  if (promoted === 'accepted') expect(promotions).toBe(1);
  expect({ email, ...seen }).toEqual({
    email,
    status: 'ACTIVE',
    promotions,
    notices: promotions,
    confirmations: 1,
    changes: promotions,
  });
}

type Effects = {
  me: { status: string; roles: { name: string }[]; notifications: { nodes: unknown[] } };
  securityEvents: { nodes: { type: string }[] };
};

const effectsOf = `{
  me { status roles { name } notifications(first: 20, filter: { kind: "roles-changed" }) { nodes { id } } }
  securityEvents(first: 50) { nodes { type } }
}`;

const confirm = (newcomer: Newcomer, story: Story): Promise<unknown> =>
  story.anyone.ask(
    'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }',
    { input: { code: newcomer.code } },
  );

async function accountsOf(email: string, admin: GatehouseClient): Promise<{ id: string; status: string }[]> {
  const { users } = await admin.ask<{ users: { nodes: { id: string; status: string }[] } }>(
    'query ($text: String) { users(filter: { text: $text }) { nodes { id status } } }',
    { text: email },
  );
  return users.nodes;
}
