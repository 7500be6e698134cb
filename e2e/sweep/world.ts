import { randomUUID } from 'node:crypto';
import { newAddress, newPassword, type Person, randomText, uploadDocument } from '@gatehouse/testkit/clients';
import { telegramPayload } from '@gatehouse/testkit/providers';
import { expect } from 'vitest';
import {
  administrator,
  eventually,
  mailbox,
  memberWith,
  otherTenant,
  registerAndConfirm,
  signIn,
} from '../gatehouse.ts';
import { bounceOf, postReport, suppressionsOf } from '../mail-reports.ts';
import { addPhoneNumber } from '../mfa.ts';
import { newClient, signInAt } from '../oauth.ts';
import type { Examples } from '../schema/arguments.ts';
import type { CallerKind } from './access.ts';

/** The victim, what is theirs or of their tenant, and everybody who is after it. */
export type World = {
  victim: Person;
  /** Holds what lets one see others: the `admin` of the victim's tenant. */
  administrator: Person;
  callers: Record<Exclude<CallerKind, 'anonymous'>, Person>;
  /** Strings that only an answer about the victim or about their tenant's things can hold. */
  marks: string[];
  /** Arguments that name the victim's things. */
  examples: Examples;
};

export async function createWorld(): Promise<World> {
  const admin = await administrator();
  const { role, permission, clientId } = await makeRole(admin);
  const readers = `readers-${randomText()}`;
  await admin.client.ask(
    'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }',
    {
      input: { name: readers, permissions: ['users:read'] },
    },
  );

  const victim = await memberWith(['user', role]);
  const provider = await makeProvider(admin);
  const { documentId, notificationId, apiKeyId, linkedAccountId, marks } = await furnish(
    victim,
    admin,
    provider,
  );
  const eventId = await acknowledged(victim, admin);
  const { me } = await victim.client.ask<{ me: { tenant: { id: string } } }>('{ me { tenant { id } } }');
  const tenantId = me.tenant.id;
  const foreign = await otherTenant.administrator();
  await makeRole(foreign);
  await foreign.client.ask(
    'mutation ($input: SetMfaPolicyInput!) { setMfaPolicy(input: $input) { policy { role } } }',
    { input: { role: 'user', requirement: 'OPTIONAL' } },
  );
  await foreign.client.ask(
    'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { tenant { id } } }',
    { input: branding },
  );
  // Other tests name it too.
  await admin.client.ask(
    'mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { tenant { id } } }',
    { input: { senderName: 'Gatehouse' } },
  );
  const ruleId = await makeAlertRule(admin);
  await makeAlertRule(foreign);
  const blockedAddressId = await blockAddress(admin, '203.0.113.77');
  await blockAddress(foreign, '203.0.113.78');
  const suppressionId = await suppressAddress(admin, await registerAndConfirm());
  await suppressAddress(foreign, await otherTenant.registerAndConfirm());
  const callers = {
    selfRegistration: await registerAndConfirm(),
    user: await memberWith(),
    reader: await memberWith(['user', readers]),
    foreignAdministrator: foreign,
  };
  const application = await newClient();
  for (const person of [callers.selfRegistration, callers.user, callers.reader]) {
    await furnish(person, admin, provider);
    await signInAt(application, person);
  }
  // Nobody else has allowed this one anything.
  const ownApplication = await newClient();
  await signInAt(ownApplication, victim);
  await furnish(foreign, foreign, await makeProvider(foreign));
  for (const other of ['user', 'self-registration']) {
    await admin.client.ask(
      'mutation ($input: RemoveRoleInput!) { removeRole(input: $input) { user { id } } }',
      { input: { userId: callers.reader.id, role: other } },
    );
  }

  return {
    victim,
    administrator: await memberWith(['admin']),
    callers,
    marks: [
      ...marks,
      role,
      permission,
      clientId,
      ownApplication.id,
      eventId,
      ruleId,
      blockedAddressId,
      suppressionId,
      victim.id,
      victim.email,
      victim.tokens.sessionId,
    ],
    examples: {
      first: 20,
      id: victim.id,
      userId: victim.id,
      actor: victim.id,
      subject: victim.id,
      ownerId: victim.id,
      documentId,
      documentIds: documentId,
      avatarDocumentId: documentId,
      'Query.document.id': documentId,
      'Query.client.id': clientId,
      'Query.tenant.id': tenantId,
      tenantId,
      slug: `swept-${randomText()}`,
      publicUrl: 'https://swept.example',
      administratorEmail: newAddress('swept'),
      'CreateTenantInput.name': 'made in the sweep',
      ...Object.fromEntries(
        Object.entries(branding).map(([field, value]) => [`UpdateBrandingInput.${field}`, value]),
      ),
      'RenameSessionInput.name': 'renamed in the sweep',
      'RenameDeviceInput.name': 'renamed in the sweep',
      'UpdateClientInput.name': 'changed in the sweep',
      notificationId,
      apiKeyId,
      identityProviderId: provider.id,
      providerId: provider.id,
      linkedAccountId,
      'CreateIdentityProviderInput.kind': 'OIDC',
      'RoleMappingInput.value': 'staff',
      'LoginWithProviderInput.username': victim.email,
      codeVerifier: `${randomUUID()}${randomUUID()}`,
      'TelegramPayload.id': '1',
      'TelegramPayload.authDate': 1,
      'TelegramPayload.hash': '0'.repeat(64),
      eventId,
      ruleId,
      blockedAddressId,
      suppressionId,
      'BlockAddressInput.address': '203.0.113.79',
      askFrom: 90,
      refuseFrom: 100,
      'RiskWeightInput.reason': 'LISTED_ADDRESS',
      'RiskWeightInput.weight': 40,
      'BlockAddressInput.reason': 'of the sweep',
      clientId,
      'WithdrawConsentInput.clientId': ownApplication.id,
      sessionId: victim.tokens.sessionId,
      role,
      name: role,
      'CreatePermissionInput.name': `wards:open-${randomText()}`,
      'UpdatePermissionInput.name': permission,
      'DeletePermissionInput.name': permission,
      'CreateRoleInput.name': `made-${randomText()}`,
      'CreateClientInput.name': 'made in the sweep',
      'CreateApiKeyInput.name': 'made in the sweep',
      'CreateUploadInput.name': 'made in the sweep',
      'DocumentFilter.name': undefined,
      size: 1,
      format: 'CSV',
      scopes: ['users:read'],
      email: newAddress('swept'),
      newEmail: newAddress('swept'),
      identifier: victim.email,
      password: newPassword(),
      currentPassword: newPassword(),
      newPassword: newPassword(),
      code: randomUUID(),
      challengeId: randomUUID(),
      signUpId: randomUUID(),
      factorId: randomUUID(),
      deviceId: randomUUID(),
      method: 'TOTP',
      passkey: unknownPasskey,
      'SendMfaCodeInput.method': 'EMAIL',
      phoneNumber: '+4915112345678',
      'SetMfaPolicyInput.role': 'user',
      requirement: 'OPTIONAL',
      refreshToken: randomUUID(),
      'PreferenceInput.key': 'theme',
      'PreferenceInput.value': 'dark',
    },
  };
}

/** Fits either way of answering, and is nobody's. */
const unknownPasskey = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'e30', attestationObject: 'oA', authenticatorData: 'AAAA', signature: 'AAAA' },
};

const branding = {
  primaryColor: '#0055aa',
  backgroundColor: '#ffffff',
  logoUrl: 'https://cdn.example/logo.png',
  supportUrl: 'mailto:help@other.example',
};

/** Another session for each call: one of the mutations is `logout`. */
export const freshClient = async (person: Person, kind: CallerKind) =>
  (kind === 'foreignAdministrator' ? await otherTenant.signIn(person) : await signIn(person)).client;

async function makeRole({ client }: Person) {
  const [role, permission] = [`ward-${randomText()}`, `wards:close-${randomText()}`];
  await client.ask(
    'mutation ($input: CreatePermissionInput!) { createPermission(input: $input) { permission { id } } }',
    { input: { name: permission } },
  );
  const described = { name: role, description: 'of the sweep', inherits: ['self-registration'] };
  // The new permission reaches its maker's own token within a second.
  await eventually(() =>
    client.ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }', {
      input: { ...described, permissions: [permission] },
    }),
  );
  const { createClient } = await client.ask<{ createClient: { client: { id: string } } }>(
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    { input: { name: `program ${role}`, scopes: ['users:read'] } },
  );
  return { role, permission, clientId: createClient.client.id };
}

type Provider = { id: string; botToken: string };

/** A provider that people of a tenant can link. */
async function makeProvider({ client }: Person): Promise<Provider> {
  const botToken = `7700000004:${randomText()}${randomText()}`;
  const { createIdentityProvider } = await client.ask<{
    createIdentityProvider: { identityProvider: { id: string } };
  }>(
    `mutation ($input: CreateIdentityProviderInput!) {
       createIdentityProvider(input: $input) { identityProvider { id } } }`,
    {
      input: {
        name: 'of the sweep',
        kind: 'TELEGRAM',
        clientId: 'sweep_bot',
        clientSecret: botToken,
        emailDomains: ['clinic.example'],
        roleMappings: [{ value: 'staff', role: 'user' }],
      },
    },
  );
  await client.ask(
    `mutation ($input: CreateIdentityProviderInput!) {
       createIdentityProvider(input: $input) { identityProvider { id } } }`,
    { input: { name: 'another of the sweep', kind: 'GITHUB', clientId: 'sweep' } },
  );
  return { id: createIdentityProvider.identityProvider.id, botToken };
}

async function blockAddress({ client }: Person, address: string): Promise<string> {
  const { blockAddress } = await client.ask<{ blockAddress: { blockedAddress: { id: string } } }>(
    'mutation ($input: BlockAddressInput!) { blockAddress(input: $input) { blockedAddress { id } } }',
    { input: { address, reason: 'of the sweep', expiresAt: new Date(Date.now() + 3_600_000).toISOString() } },
  );
  return blockAddress.blockedAddress.id;
}

/** Has a mail to somebody come back. */
async function suppressAddress({ client }: Person, { email }: Person): Promise<string> {
  const mail = await mailbox.waitForMail({ to: email });
  expect(await postReport(await bounceOf(mail))).toBe(204);
  const [suppression] = await suppressionsOf(client, email);
  return suppression?.id ?? '';
}

/** A rule that was set off, and told one receiver of two. */
async function makeAlertRule({ client, id }: Person): Promise<string> {
  const { createAlertRule } = await client.ask<{ createAlertRule: { rule: { id: string } } }>(
    'mutation ($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } } }',
    {
      input: {
        name: 'of the sweep',
        types: ['CLIENT_CREATED'],
        mailTo: [id],
        webhookUrl: 'http://127.0.0.1:9/',
      },
    },
  );
  await client.ask(
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    {
      input: { name: 'sets off an alert', scopes: ['users:read'] },
    },
  );
  await eventually(async () => {
    const { alertRules } = await client.ask<{
      alertRules: { nodes: { deliveries: { lastError: string | null }[] }[] };
    }>('{ alertRules { nodes { deliveries { lastError } } } }');
    expect(alertRules.nodes[0]?.deliveries.some(({ lastError }) => lastError)).toBe(true);
  });
  return createAlertRule.rule.id;
}

/** The newest sign-in of a person, which an administrator has seen to. */
async function acknowledged(person: Person, admin: Person): Promise<string> {
  const { securityEvents } = await admin.client.ask<{ securityEvents: { nodes: { id: string }[] } }>(
    'query ($id: ID!) { securityEvents(first: 1, filter: { userId: $id, types: [LOGIN_SUCCEEDED] }) { nodes { id } } }',
    { id: person.id },
  );
  const eventId = securityEvents.nodes[0]?.id ?? '';
  await admin.client.ask(
    'mutation ($input: AcknowledgeSecurityEventInput!) { acknowledgeSecurityEvent(input: $input) { event { id } } }',
    { input: { eventId } },
  );
  return eventId;
}

/** Gives a person one of everything, so that no field is empty for want of a value. */
async function furnish(person: Person, admin: Person, provider: Provider) {
  const secret = randomText();
  const documentId = await uploadDocument(person.client, {
    name: `plan ${secret}.txt`,
    content: secret,
    tags: ['plan'],
  });
  await person.client.ask(
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }',
    {
      input: {
        username: `name-${secret}`,
        firstName: `First${secret}`,
        lastName: `Last${secret}`,
        avatarDocumentId: documentId,
        preferences: [{ key: 'theme', value: secret }],
      },
    },
  );
  await admin.client.ask(
    'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }',
    {
      input: { userId: person.id, locale: 'de' },
    },
  );
  await admin.client.ask(
    'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { user { id } } }',
    {
      input: { userId: person.id, role: person.id === admin.id ? 'user' : 'self-registration' },
    },
  );
  const notificationId = await eventually(async () => {
    const { me } = await person.client.ask<{ me: { notifications: { nodes: { id: string }[] } } }>(
      '{ me { notifications(first: 1) { nodes { id } } } }',
    );
    expect(me.notifications.nodes).toHaveLength(1);
    return me.notifications.nodes[0]?.id ?? '';
  });
  const { createApiKey } = await person.client.ask<{ createApiKey: { apiKey: { id: string } } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }',
    {
      input: { name: `key ${secret}`, scopes: ['profile:read'], allowedAddresses: ['203.0.113.0/24'] },
    },
  );
  const apiKeyId = createApiKey.apiKey.id;
  const phoneNumber = await addPhoneNumber(person);
  const telegram = telegramPayload(provider.botToken, { id: String(parseInt(secret, 16)), username: secret });
  const { linkAccount } = await person.client.ask<{ linkAccount: { linkedAccount: { id: string } } }>(
    'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { linkedAccount { id } } }',
    { input: { providerId: provider.id, telegram } },
  );
  const linkedAccountId = linkAccount.linkedAccount.id;
  const ids = { documentId, notificationId, apiKeyId, linkedAccountId };
  return { ...ids, marks: [secret, phoneNumber, ...Object.values(ids)] };
}
