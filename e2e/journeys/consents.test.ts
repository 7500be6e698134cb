import { GatehouseClient } from '@gatehouse/testkit/clients';
import * as openid from 'openid-client';
import { expect, test } from 'vitest';
import {
  administrator,
  anyone,
  eventually,
  gatehouse,
  memberWith,
  registerAndConfirm,
} from '../gatehouse.ts';
import { newBrowser, newClient, newRequest, redirectOf, signInAt } from '../oauth.ts';

type Consents = { consents: { nodes: { clientId: string; scopes: string[] }[] } };
const mine = '{ me { consents { nodes { clientId clientName scopes givenAt updatedAt } } } }';
const withdraw = 'mutation ($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { clientId } }';

test('a person sees what applications may do, and takes it back', async () => {
  const reader = await memberWith(['admin']);
  const [app, other] = [
    await newClient({ scopes: ['users:read'] }),
    await newClient({ scopes: ['users:read'] }),
  ];
  const browser = newBrowser();
  const scope = 'openid users:read';
  const tokens = await signInAt(app, reader, { browser, scope });
  const elsewhere = await signInAt(app, reader, { scope });
  const others = await signInAt(other, reader, { browser, scope });
  const { me } = await reader.client.ask<{ me: Consents }>(mine);
  expect(me.consents.nodes).toHaveLength(2);
  expect(me.consents.nodes).toContainEqual({
    clientId: app.id,
    clientName: expect.stringMatching(/^client /),
    scopes: ['openid', 'users:read'],
    givenAt: expect.any(String),
    updatedAt: expect.any(String),
  });
  const query = '{ users(first: 1) { nodes { id } } }';
  expect(await anyone.as(tokens.access_token).refusal(query)).toBeNull();

  // No application takes it back in somebody's name, least of all another's.
  expect(await anyone.as(tokens.access_token).refusal(withdraw, { input: { clientId: other.id } })).toBe(
    'FORBIDDEN',
  );
  await reader.client.ask(withdraw, { input: { clientId: app.id } });
  await eventually(async () => {
    for (const { access_token: token } of [tokens, elsewhere])
      expect(await anyone.as(token).refusal(query)).toBe('UNAUTHENTICATED');
  });
  for (const { refresh_token: token } of [tokens, elsewhere]) {
    await expect(openid.refreshTokenGrant(app.config, token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  }
  await expect(openid.fetchUserInfo(app.config, tokens.access_token, reader.id)).rejects.toThrow();
  // Nothing else has ended, and it asks again.
  expect(await anyone.as(others.access_token).refusal(query)).toBeNull();
  expect(await reader.client.refusal(withdraw, { input: { clientId: app.id } })).toBe('NOT_FOUND');
  const silent = await browser.open((await newRequest(app, { scope, prompt: 'none' })).url);
  expect(redirectOf(silent).searchParams.get('error')).toBe('consent_required');
  const { me: after } = await reader.client.ask<{ me: Consents }>(mine);
  expect(after.consents.nodes.map(({ clientId }) => clientId)).toEqual([other.id]);
});

test('who may see sessions sees what others have allowed, and what became of it', async () => {
  const ada = await registerAndConfirm();
  const app = await newClient();
  await signInAt(app, ada);
  const { client: admin } = await administrator();
  const { user } = await admin.ask<{ user: Consents }>(
    'query ($id: ID!) { user(id: $id) { consents { nodes { clientId } } } }',
    { id: ada.id },
  );
  expect(user.consents.nodes).toEqual([{ clientId: app.id }]);
  expect(await admin.refusal(withdraw, { input: { clientId: app.id } })).toBe('NOT_FOUND');
  await ada.client.ask(withdraw, { input: { clientId: app.id } });
  const { securityEvents, auditLog } = await admin.ask<Record<string, { nodes: unknown[] }>>(
    `query ($id: ID!, $client: ID!) {
      securityEvents(filter: { userId: $id, types: [CONSENT_GIVEN, CONSENT_WITHDRAWN] }) {
        nodes { type details }
      }
      auditLog(filter: { subject: $client }) { nodes { action actorId result } }
    }`,
    { id: ada.id, client: app.id },
  );
  const details = expect.objectContaining({ clientId: app.id, scopes: ['openid', 'email'] });
  expect(securityEvents?.nodes).toEqual([
    { type: 'CONSENT_WITHDRAWN', details: expect.objectContaining({ clientId: app.id }) },
    { type: 'CONSENT_GIVEN', details },
  ]);
  expect(auditLog?.nodes.slice(0, 2)).toEqual([
    { action: 'withdrawConsent', actorId: ada.id, result: 'SUCCESS' },
    { action: 'giveConsent', actorId: ada.id, result: 'SUCCESS' },
  ]);
});

test('a consent is nothing to another tenant', async () => {
  const ada = await registerAndConfirm();
  const app = await newClient();
  await signInAt(app, ada);
  const foreign = new GatehouseClient({ url: gatehouse.url, host: gatehouse.otherTenant.host });
  expect(await foreign.as(ada.tokens.accessToken).refusal(mine)).toBe('UNAUTHENTICATED');
});
