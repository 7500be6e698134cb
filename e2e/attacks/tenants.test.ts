import { newAddress, people, randomText, uploadDocument } from '@gatehouse/testkit/clients';
import { expect, test } from 'vitest';
import {
  administrator,
  eventually,
  gatehouse,
  otherTenant,
  registerAndConfirm,
  testOf,
} from '../gatehouse.ts';
import { openStream } from '../open-stream.ts';
import { foundTenant } from '../tenants.ts';

const create = `mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }`;
const change = (name: 'suspendTenant' | 'activateTenant' | 'deleteTenant') =>
  `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { tenant { status } } }`;
const refresh =
  'mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { accessToken refreshToken } }';

type Refreshed = { refreshToken: { accessToken: string; refreshToken: string } };

testOf('suspendedTenants')('a suspended tenant is closed by every door, and open again at once', async () => {
  const { root, there, boss, first, tenantId } = await foundTenant();
  const { client } = first;
  const documentId = await uploadDocument(client, { name: 'a.txt', content: 'a' });
  const { document } = await client.ask<{ document: { downloadUrl: string } }>(
    'query ($id: ID!) { document(id: $id) { downloadUrl } }',
    { id: documentId },
  );
  const { createUpload } = await client.ask<{ createUpload: { uploadUrl: string } }>(
    'mutation { createUpload(input: { name: "b.txt", size: 1 }) { uploadUrl } }',
  );
  const { exportAuditLog } = await client.ask<{ exportAuditLog: { url: string } }>(
    'mutation { exportAuditLog(input: { format: CSV }) { url } }',
  );
  const streams = await Promise.all(
    (['websocket', 'sse'] as const).map((over) => openStream(first, client, over)),
  );

  await root.client.ask(change('suspendTenant'), { input: { tenantId, reason: 'an attack' } });
  const statusAt = async (path: string, init?: Parameters<typeof client.fetch>[1]) =>
    (await client.fetch(path.startsWith('http') ? path : `${gatehouse.url}${path}`, init)).status;
  await eventually(async () => expect(await client.refusal('{ me { id } }')).toBe('TENANT_SUSPENDED'));
  // Each process learns of it by itself.
  await eventually(async () => expect(await statusAt('/oauth2/jwks')).toBe(403));

  for (const stream of streams) expect(await stream.ended()).toContain('TENANT_SUSPENDED');
  expect((await client.graphql('{ me { id } }')).status).toBe(403);
  expect(await there.anyone.refusal('{ tenantBranding { name } }')).toBe('TENANT_SUSPENDED');
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const { email: identifier, password } = boss;
  expect(await there.anyone.refusal(login, { input: { identifier, password } })).toBe('TENANT_SUSPENDED');
  const input = { refreshToken: first.tokens.refreshToken };
  expect(await there.anyone.refusal(refresh, { input })).toBe('TENANT_SUSPENDED');
  for (const path of ['/oauth2/.well-known/openid-configuration', '/oauth2/jwks', '/oauth2/authorize', '/'])
    expect([path, await statusAt(path)]).toEqual([path, 403]);
  for (const path of ['/oauth2/token', '/oauth2/token/introspection'])
    expect([path, await statusAt(path, { method: 'POST', body: 'a=b' })]).toEqual([path, 403]);
  // The signed URLs on the tenant's host, and on that of another tenant.
  for (const url of [document.downloadUrl, exportAuditLog.url]) {
    const { pathname, search } = new URL(url);
    expect(await statusAt(url)).toBe(403);
    await eventually(async () =>
      expect((await root.client.fetch(`${gatehouse.url}${pathname}${search}`)).status).toBe(403),
    );
  }
  const upload = new URL(createUpload.uploadUrl);
  const elsewhere = `${gatehouse.url}${upload.pathname}${upload.search}`;
  for (const url of [createUpload.uploadUrl, elsewhere])
    expect((await root.client.fetch(url, { method: 'PUT', body: 'b' })).status).toBe(403);
  // A token of it is none anywhere else.
  const stranger = people({ url: gatehouse.url, administrator: boss }).anyone.as(first.tokens.accessToken);
  expect(await stranger.refusal('{ me { id } }')).toBe('UNAUTHENTICATED');

  await root.client.ask(change('activateTenant'), { input: { tenantId } });
  await eventually(async () => expect(await client.refusal('{ me { id } }')).toBeNull());
  const { refreshToken } = await there.anyone.ask<Refreshed>(refresh, { input });
  expect(refreshToken.accessToken).toEqual(expect.any(String));
  await eventually(async () => expect(await statusAt(document.downloadUrl)).toBe(200));
});

test('administrators of a tenant do nothing to it that is the installation’s to do, nor to another', async () => {
  const { client } = await otherTenant.administrator();
  const root = await administrator();
  const tenantOf = '{ me { tenant { id name slug } } }';
  type Mine = { me: { tenant: { id: string; name: string; slug: string } } };
  const [own, theirs] = await Promise.all([client.ask<Mine>(tenantOf), root.client.ask<Mine>(tenantOf)]);
  for (const { id: tenantId } of [own.me.tenant, theirs.me.tenant]) {
    for (const name of ['suspendTenant', 'activateTenant', 'deleteTenant'] as const)
      expect(await client.refusal(change(name), { input: { tenantId } })).toBe('FORBIDDEN');
    const update = 'mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { tenant { id } } }';
    for (const given of [{ name: 'Taken' }, { hosts: ['evil.example'] }, { primaryColor: '#000000' }])
      expect(await client.refusal(update, { input: { tenantId, ...given } })).toBe('FORBIDDEN');
  }
  // What is no field of the input is no way in either.
  const brand = 'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { tenant { id } } }';
  for (const given of [
    { tenantId: theirs.me.tenant.id },
    { hosts: ['evil.example'] },
    { status: 'ACTIVE' },
    { senderAddress: 'ceo@bank.example' },
  ])
    expect(await client.refusal(brand, { input: { primaryColor: '#123456', ...given } })).not.toBeNull();
  const permission =
    'mutation ($input: CreatePermissionInput!) { createPermission(input: $input) { permission { id } } }';
  expect(await client.refusal(permission, { input: { name: 'tenants:write' } })).toBe('CONFLICT');
  expect(await client.ask(tenantOf)).toEqual(own);
  expect(await root.client.ask(tenantOf)).toEqual(theirs);
});

test('nobody takes over a host by another spelling, another port or a race', async () => {
  const root = await administrator();
  const { hostname, port } = new URL(gatehouse.url);
  const input = (given: object) => ({
    slug: `h-${randomText()}`,
    name: 'Thief',
    publicUrl: `http://h-${randomText()}.example`,
    administratorEmail: newAddress('thief'),
    ...given,
  });
  for (const hosts of [
    [hostname],
    [`${hostname}:${port}`],
    [`${hostname}.:${port}`],
    [hostname.toUpperCase()],
    ['other.localhost'],
    [`other.localhost:${port}`],
    ['OTHER.localhost.'],
    ['ｏther.localhost'],
  ]) {
    const { errors } = await root.client.graphql(create, { input: input({ hosts }) });
    expect([hosts, errors[0]?.extensions.code]).toEqual([hosts, 'BAD_USER_INPUT']);
  }
  const contested = `${randomText()}.example`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => root.client.refusal(create, { input: input({ hosts: [contested] }) })),
  );
  expect(answers.filter((code) => code === null)).toHaveLength(1);
});

test('a token of one tenant is none at another', async () => {
  const [ada, olga] = [await registerAndConfirm(), await otherTenant.registerAndConfirm()];
  expect(await otherTenant.anyone.as(ada.tokens.accessToken).refusal('{ me { id } }')).toBe(
    'UNAUTHENTICATED',
  );
  expect(await ada.client.as(olga.tokens.accessToken).refusal('{ me { id } }')).toBe('UNAUTHENTICATED');
});
