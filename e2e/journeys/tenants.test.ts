import { expect, test } from 'vitest';
import { eventually, gatehouse } from '../gatehouse.ts';
import { foundTenant } from '../tenants.ts';

const brand = `mutation ($input: UpdateBrandingInput!) {
  updateBranding(input: $input) { tenant { branding { primaryColor onPrimaryColor } } }
}`;

test('a tenant is created, its first administrator invited, and everything in it is its own', async () => {
  const { root, slug, host, there, first, invitation } = await foundTenant();
  expect(invitation.subject).toBe(`You are invited to Clinic ${slug}`);
  expect(invitation.text).toContain(`http://${host}/confirm?code=`);
  expect(await first.client.ask('{ me { roles { name } tenant { slug } } }')).toEqual({
    me: { roles: [{ name: 'super-admin' }], tenant: { slug } },
  });
  const discovery = await there.anyone.fetch(`${gatehouse.url}/oauth2/.well-known/openid-configuration`);
  expect(((await discovery.json()) as { issuer: string }).issuer).toBe(`http://${host}/oauth2`);
  expect(
    await root.client.refusal('{ tenants(filter: { text: "t-" }) { nodes { slug hosts status } } }'),
  ).toBeNull();
  expect(await first.client.refusal('{ tenants { nodes { slug } } }')).toBe('FORBIDDEN');
});

test('the branding of a tenant shows in its mails, on its pages and to its forms', async () => {
  const { first, there, slug } = await foundTenant();
  const { updateBranding } = await first.client.ask<{ updateBranding: unknown }>(brand, {
    input: {
      primaryColor: '#FFEE00',
      logoUrl: 'https://cdn.example/logo.png',
      supportUrl: 'https://help.example/',
      senderName: 'The Clinic',
    },
  });
  expect(updateBranding).toEqual({
    tenant: { branding: { primaryColor: '#ffee00', onPrimaryColor: '#000000' } },
  });
  expect(await there.anyone.ask('{ tenantBranding { name primaryColor logoUrl } }')).toEqual({
    tenantBranding: {
      name: `Clinic ${slug}`,
      primaryColor: '#ffee00',
      logoUrl: 'https://cdn.example/logo.png',
    },
  });
  const page = await eventually(async () => {
    const answer = await there.anyone.fetch(`${gatehouse.url}/oauth2/device`, {
      headers: { accept: 'text/html' },
    });
    const html = await answer.text();
    expect(html).toContain('https://cdn.example/logo.png');
    return { html, policy: answer.headers.get('content-security-policy') };
  });
  expect(page.html).toContain('--accent: #ffee00');
  expect(page.policy).toContain('img-src https://cdn.example;');

  const { email } = await there.register();
  const mail = await there.mailbox.waitForMail({ to: email });
  expect(mail.from).toMatch(/^The Clinic </);
  expect(mail.html).toContain('https://cdn.example/logo.png');
  expect(mail.html).toContain('background-color:#ffee00');
});
