import { newId } from '@gatehouse/data';
import { complaintMail } from '@gatehouse/testkit/mail-reports';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditedMutations, unaudited } from '../src/audited-mutations.ts';
import { eventually } from './harness.ts';
import {
  administrator,
  bounceOf,
  codeOf,
  headersOf,
  list,
  type ReportedMails,
  reset,
  startReportedMails,
} from './reported-mails.ts';

let mails: ReportedMails;
beforeAll(async () => {
  mails = await startReportedMails();
});
afterAll(() => mails.stop());

test('an address that is not there gets nothing more of its tenant, until that is lifted', async () => {
  const userId = newId();
  const address = 'Moved@People.Example';
  const first = await mails.send(address, { userId, template: reset.template, parameters: reset.parameters });
  const bounce = await bounceOf(first.mail);
  expect(await mails.post(bounce)).toBe(204);
  expect(await mails.rowOf(first.id)).toMatchObject({ status: 'bounced', reason_code: '5.1.1' });

  for (const given of [{}, reset]) {
    const { row, mail } = await mails.send('moved@people.example', given);
    expect(row).toMatchObject({ status: 'suppressed', reason_code: '5.1.1', html: null, text: null });
    expect(mail).toBeUndefined();
  }
  const { data } = await mails.ask(
    administrator(),
    `{ deliveries(first: 3, filter: { recipient: "moved@people.example" }) {
      nodes { channel template recipient status reasonCode lastError attempts user { id } } } }`,
  );
  expect(data.deliveries.nodes).toMatchObject([
    { status: 'SUPPRESSED', reasonCode: '5.1.1', template: 'RESET_PASSWORD', channel: 'EMAIL' },
    { status: 'SUPPRESSED', reasonCode: '5.1.1', template: 'CONFIRM_REGISTRATION', lastError: null },
    { status: 'BOUNCED', reasonCode: '5.1.1', recipient: address, user: { id: userId }, attempts: 1 },
  ]);

  // Another tenant has not asked, and is not told.
  expect((await mails.send(address, { tenantId: newId() })).row.status).toBe('sent');

  const [suppression, ...others] = await mails.suppressionsOf(' moved@people.example');
  expect(others).toEqual([]);
  expect(suppression).toMatchObject({ address, kind: 'BOUNCE', reasonCode: '5.1.1', user: { id: userId } });
  expect(JSON.stringify(await mails.query('select * from suppression'))).not.toMatch(/moved/i);

  expect((await mails.lift(suppression.id)).data.liftSuppression).toEqual({ suppressionId: suppression.id });
  expect(codeOf(await mails.lift(suppression.id))).toBe('NOT_FOUND');
  // The same report again is no news.
  expect(await mails.post(bounce)).toBe(204);
  expect((await mails.send(address)).row.status).toBe('sent');

  const on = { type: 'suppression', id: suppression.id };
  const details = { kind: 'bounce', reasonCode: '5.1.1', userId };
  const entries = await eventually(
    async () => mails.toldOf(suppression.id).length === 2 && mails.toldOf(suppression.id),
  );
  expect(entries).toMatchObject([
    { action: 'suppressAddress', result: 'SUCCESS', actor: { type: 'system', id: null }, on, details },
    { action: 'liftSuppression', result: 'SUCCESS', actor: { type: 'user' }, on, details },
  ]);
  expect(JSON.stringify(mails.told)).not.toMatch(/people\.example/i);
});

test('who complained still gets what their account needs, and nothing that strangers cause', async () => {
  const first = await mails.send('tired@people.example');
  const complaint = await complaintMail({ headers: headersOf(first.mail) });
  expect(await mails.post(complaint)).toBe(204);
  expect(await mails.post(complaint)).toBe(204);
  expect(await mails.rowOf(first.id)).toMatchObject({ status: 'complained', reason_code: 'abuse' });
  expect((await mails.send('tired@people.example')).row).toMatchObject({
    status: 'suppressed',
    reason_code: 'abuse',
  });
  expect((await mails.send('tired@people.example', reset)).row.status).toBe('sent');
  expect(await mails.suppressionsOf('tired@people.example')).toMatchObject([{ kind: 'COMPLAINT' }]);

  const other = await mails.send('content@people.example');
  const headers = headersOf(other.mail);
  for (const type of ['not-spam', 'auth-failure']) await mails.post(await complaintMail({ headers, type }));
  expect((await mails.rowOf(other.id)).status).toBe('sent');
});

test('the list is for administrators of the tenant, page by page', async () => {
  const tenant = newId();
  for (const name of ['one', 'two', 'three']) {
    const { mail } = await mails.send(`${name}@people.example`, { tenantId: tenant });
    await mails.post(await bounceOf(mail));
  }
  const admin = administrator(tenant);
  const first = (await mails.ask(admin, list, { first: 2 })).data.suppressions;
  expect(first.nodes.map((node: { address: string }) => node.address)).toEqual([
    'three@people.example',
    'two@people.example',
  ]);
  const rest = (await mails.ask(admin, list, { after: first.pageInfo.endCursor })).data.suppressions;
  expect(rest).toMatchObject({
    nodes: [{ address: 'one@people.example' }],
    pageInfo: { hasNextPage: false },
  });
  const filter = { kind: 'COMPLAINT' };
  expect((await mails.ask(admin, list, { filter })).data.suppressions.nodes).toEqual([]);

  const { id } = rest.nodes[0];
  for (const who of [administrator(tenant, ['notifications:read']), administrator(tenant, [])])
    expect(codeOf(await mails.lift(id, who))).toBe('FORBIDDEN');
  for (const document of [list, '{ deliveries { nodes { id } } }'])
    expect(codeOf(await mails.ask(administrator(tenant, []), document))).toBe('FORBIDDEN');
  const bounced = '{ deliveries(filter: { status: BOUNCED }) { nodes { id } } }';
  expect((await mails.ask(admin, bounced)).data.deliveries.nodes).toHaveLength(3);
  expect((await mails.ask(administrator(newId()), bounced)).data.deliveries.nodes).toEqual([]);
  expect(codeOf(await mails.lift(id, administrator(newId())))).toBe('NOT_FOUND');
  expect(await mails.suppressionsOf('one@people.example', newId())).toEqual([]);
  expect(await mails.suppressionsOf('one@people.example', tenant)).toHaveLength(1);

  // The address goes with the record of the mail.
  await mails.query('delete from delivery where tenant_id = $1', [tenant]);
  expect(await mails.suppressionsOf('one@people.example', tenant)).toMatchObject([{ id, address: null }]);
});

test('every mutation is audited, or said not to be', () => {
  const fields = Object.keys(mails.notification.subgraph.schema.getMutationType()?.getFields() ?? {});
  expect([...Object.keys(auditedMutations), ...unaudited].toSorted()).toEqual(fields.toSorted());
});
