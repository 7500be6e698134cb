import { GatehouseClient } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import { anyone, gatehouse, mailbox, registerAndConfirm } from '../gatehouse.ts';

const request = `mutation ($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) { email }
}`;

test('a host that belongs to nobody is told so', async () => {
  const stranger = new GatehouseClient({ url: gatehouse.url, host: 'evil.example' });
  expect(await stranger.refusal(request, { input: { email: 'ada@example.com' } })).toBe('UNKNOWN_TENANT');
  expect((await stranger.fetch(`${gatehouse.url}/oauth2/.well-known/openid-configuration`)).status).toBe(404);
});

test('links in mail come from configuration, whatever the request says', async () => {
  const { email } = await registerAndConfirm();
  const forgeries: Record<string, string>[] = [
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    { forwarded: 'host=evil.example;proto=https' },
    { 'x-original-host': 'evil.example', 'x-host': 'evil.example', origin: 'https://evil.example' },
  ];
  for (const [index, forged] of forgeries.entries()) {
    const body = JSON.stringify({ query: request, variables: { input: { email } } });
    await anyone.post(body, {}, forged);
    const mail = await mailbox.waitForMail({ to: email, count: 2 + index });
    expect(`${mail.text}${mail.html}`).not.toContain('evil');
    expect(mail.text).toContain(gatehouse.url);
  }
});

test('discovery names our own endpoints, whatever the request says', async () => {
  const response = await anyone.fetch(`${gatehouse.url}/oauth2/.well-known/openid-configuration`, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  });
  const text = await response.text();
  expect(text).not.toContain('evil');
  expect(JSON.parse(text).issuer).toBe(`${gatehouse.url}/oauth2`);
});
