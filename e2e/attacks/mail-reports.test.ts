import { newAddress, newPassword } from '@gatehouse/testkit/clients';
import { bounceMail } from '@gatehouse/testkit/mail-reports';
import { expect, test } from 'vitest';
import { administrator, anyone, mailbox, otherTenant, register, registerAndConfirm } from '../gatehouse.ts';
import { bounceOf, postReport, settledDeliveries, suppressionsOf } from '../mail-reports.ts';

const requestReset =
  'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { email codeExpiresAt } }';

test('nobody silences a victim: without the secret, by naming them, or with a huge report', async () => {
  const { client } = await administrator();
  const victim = await registerAndConfirm();
  const mallory = await registerAndConfirm();
  const mail = await mailbox.waitForMail({ to: victim.email });
  const own = await mailbox.waitForMail({ to: mallory.email });
  const real = await bounceOf(mail);

  const tokens = ['', 'Bearer', 'Bearer x', `Bearer ${mallory.tokens.accessToken}`];
  for (const authorization of tokens) expect(await postReport(real, { authorization })).toBe(401);
  const huge = Buffer.concat([real, Buffer.alloc(1_000_000, 'x')]);
  expect(await postReport(huge)).toBe(413);
  expect(await postReport(huge, { authorization: 'Bearer x' })).toBe(401);

  // What a stranger can mail to the operator's address for bounces.
  const headers = { 'Message-ID': own.messageId ?? '', To: victim.email };
  expect(await postReport(await bounceMail({ headers, recipient: victim.email }))).toBe(204);
  const guess = `<${mail.messageId?.slice(1, 33)}${'0'.repeat(16)}@gatehouse>`;
  const guessed = { 'Message-ID': guess };
  expect(await postReport(await bounceMail({ headers: guessed, recipient: victim.email }))).toBe(204);

  for (const { email } of [victim, mallory]) expect(await suppressionsOf(client, email)).toEqual([]);
  await anyone.ask(requestReset, { input: { email: victim.email } });
  await mailbox.waitForMail({ to: victim.email, subject: /password/i });
});

test('a report counts for the tenant of its mail, at whatever host it comes in', async () => {
  const [here, there] = [await administrator(), await otherTenant.administrator()];
  const { email } = await registerAndConfirm();
  await otherTenant.register({ email });
  const code = mailbox.codeOf(await mailbox.waitForMail({ to: email, count: 2 }));
  await otherTenant.confirm({ email, password: newPassword() }, code);
  const mails = await mailbox.mailsTo(email);
  const oldest = mails.at(-1);
  if (!oldest) throw new Error('no mail');
  expect(await postReport(await bounceOf(oldest), {}, otherTenant.anyone)).toBe(204);

  const [suppression, ...others] = await suppressionsOf(here.client, email);
  expect([suppression?.kind, others]).toEqual(['BOUNCE', []]);
  expect(await suppressionsOf(there.client, email)).toEqual([]);
  const lift =
    'mutation ($input: LiftSuppressionInput!) { liftSuppression(input: $input) { suppressionId } }';
  const input = { suppressionId: suppression?.id };
  expect(await there.client.refusal(lift, { input })).toBe('NOT_FOUND');

  await otherTenant.anyone.ask(requestReset, { input: { email } });
  expect((await settledDeliveries(there.client, email, 2))[0]?.status).toBe('SENT');
});

test('a stranger is told nothing of who is written to', async () => {
  const { client } = await administrator();
  const gone = await registerAndConfirm();
  await postReport(await bounceOf(await mailbox.waitForMail({ to: gone.email })));
  expect(await suppressionsOf(client, gone.email)).toHaveLength(1);
  const answerTo = async (email: string) => {
    const { status, errors, data } = await anyone.graphql(requestReset, { input: { email } });
    return { status, errors, fields: Object.keys(data?.requestPasswordReset ?? {}) };
  };
  expect(await answerTo(gone.email)).toEqual(await answerTo(newAddress('nobody')));
  expect(await register({ email: gone.email })).toEqual({ email: gone.email });
  for (const query of ['{ suppressions { nodes { id } } }', '{ deliveries { nodes { id } } }']) {
    expect(await anyone.refusal(query)).toBe('UNAUTHENTICATED');
    expect(await gone.client.refusal(query)).toBe('FORBIDDEN');
  }
});
