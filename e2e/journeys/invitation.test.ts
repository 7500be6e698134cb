import { newAddress, newPassword, uploadDocument } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { administrator, confirm, eventually, mailbox, memberWith, registerAndConfirm } from '../gatehouse.ts';

test('an added user gets an invitation, a role, and the documents that were uploaded for them', async () => {
  const admin = await administrator();
  const documents = [
    await uploadDocument(admin.client, { name: 'diploma.txt', content: 'physics', kind: 'certificate' }),
    await uploadDocument(admin.client, { name: 'contract.txt', content: 'signed', tags: ['hr'] }),
  ];
  const email = newAddress('grace');
  const { addUser: added } = await admin.client.ask<Added>(addUser, {
    input: { email, firstName: 'Grace', lastName: 'Hopper', roles: ['user'], documentIds: documents },
  });
  expect(added.user).toMatchObject({
    status: 'PENDING',
    displayName: 'Grace Hopper',
    roles: [{ name: 'user' }],
  });

  const mail = await mailbox.waitForMail({ to: email });
  expect(mail.text).toContain('Grace');
  const grace = await confirm({ email, password: newPassword() }, mailbox.codeOf(mail));
  expect(grace.id).toBe(added.user.id);
  const { me } = await eventually(async () => {
    const answer = await grace.client.ask<Documents>(ownDocuments);
    expect(answer.me.documents.nodes).toHaveLength(2);
    return answer;
  });
  expect(me).toMatchObject({ status: 'ACTIVE', roles: [{ name: 'user' }] });
  expect(me.documents.nodes).toEqual(
    expect.arrayContaining([
      { id: documents[0], name: 'diploma.txt', kind: 'certificate', tags: [], owner: { email } },
      { id: documents[1], name: 'contract.txt', kind: 'document', tags: ['hr'], owner: { email } },
    ]),
  );
});

test('when something about the documents is wrong, nobody is added', async () => {
  const admin = await administrator();
  const stranger = await registerAndConfirm();
  const good = await uploadDocument(admin.client, { name: 'good.txt', content: 'fine' });
  const foreign = await uploadDocument(stranger.client, { name: 'foreign.txt', content: 'not yours' });
  const email = newAddress();
  for (const documentIds of [
    [good, foreign],
    [good, '01890000-0000-7000-8000-000000000000'],
  ]) {
    expect(await admin.client.refusal(addUser, { input: { email, documentIds } })).toMatch(
      /BAD_USER_INPUT|NOT_FOUND/,
    );
  }
  const { users } = await admin.client.ask<{ users: { nodes: unknown[] } }>(
    'query ($text: String) { users(filter: { text: $text }) { nodes { id } } }',
    { text: email },
  );
  expect(users.nodes).toEqual([]);
  expect(await mailbox.mailsTo(email)).toEqual([]);
  await admin.client.ask(addUser, { input: { email, documentIds: [good] } });
  expect(
    await stranger.client.ask('query ($id: ID!) { document(id: $id) { name } }', { id: foreign }),
  ).toEqual({
    document: { name: 'foreign.txt' },
  });
});

test('an address or a username of another is told to those who may add users, and only to them', async () => {
  const admin = await administrator();
  const { email } = await registerAndConfirm();
  expect(await admin.client.refusal(addUser, { input: { email } })).toBe('EMAIL_TAKEN');
  const member = await memberWith();
  expect(await member.client.refusal(addUser, { input: { email: newAddress() } })).toBe('FORBIDDEN');
});

type Added = { addUser: { user: { id: string; status: string } } };
type Documents = { me: { documents: { nodes: { id: string }[] } } };

const addUser = `mutation ($input: AddUserInput!) {
  addUser(input: $input) { user { id status displayName roles { name } } codeExpiresAt }
}`;
const ownDocuments = `{
  me { status roles { name } documents(first: 10) { nodes { id name kind tags owner { email } } } }
}`;
