import { errorCodes } from '@gatehouse/service-kit';
import {
  GatehouseClient,
  newAddress,
  newPassword,
  type Person,
  randomText,
} from '@gatehouse/testkit/clients';
import { type GraphQLNamedType, getNamedType } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { administrator, anyone, eventually, mailbox, memberWith, register } from '../gatehouse.ts';
import { plainArguments, variablesFor, withArgument } from '../schema/arguments.ts';
import { documentFor } from '../schema/operation.ts';
import { fieldsOfMe, publicSchema, rootFields } from '../schema/public-schema.ts';

/** Strings that have broken products: each one into each argument that takes a string. */
const hostile: Record<string, string> = {
  empty: '',
  blank: '   \t\n',
  'SQL that ends a string': `'; drop table "user".users; --`,
  'SQL that is always true': `x' or '1'='1' /*`,
  'a pattern for LIKE': '%_%\\',
  HTML: '<img src=x onerror=alert(1)><script>alert(1)</script>',
  'a template': '{{ 7 | times: 7 }}{% raw %}<%= 7*7 %>',
  'a header': 'ada@example.com\r\nBcc: mallory@example.com',
  'text that runs backwards': '\u202Emoc.elpmaxe@ada\u202C\u2066',
  'NUL in the middle': 'ada\u0000mallory',
  'half a character': 'ada\ud800',
  'marks without end': `Z${'\u0301'.repeat(2_000)}`,
  'a path': '../../../../etc/passwd',
  'an operator': '{"$ne":null}',
  'the prototype': '__proto__',
  'a format': '%s%n%x',
  'very long': 'x'.repeat(200_000),
};

const schema = publicSchema();
const targets = [...rootFields(schema), ...fieldsOfMe(schema)]
  .filter(({ root }) => root !== 'Subscription')
  .flatMap((target) =>
    plainArguments(target.field)
      .filter(({ type }) => takesStrings(getNamedType(type)))
      .map((argument) => ({ ...target, argument })),
  );

/** Somebody who may do everything, so that the strings get as far as they can; nobody depends on them. */
let all: Person;
let examples: Record<string, unknown>;

beforeAll(async () => {
  // Another test may make a permission right now, which the maker of this member holds a moment later.
  all = await eventually(() => memberWith(['super-admin']));
  // The strings are no secrets: they may stand in a log.
  all.client = new GatehouseClient({ ...all.client.options, onSecret: undefined });
  const target = await memberWith();
  examples = {
    first: 2,
    name: `strings-${randomText()}`,
    role: 'user',
    size: 3,
    format: 'JSONL',
    email: newAddress('strings'),
    newEmail: newAddress('strings'),
    identifier: newAddress('strings'),
    password: newPassword(),
    currentPassword: newPassword(),
    newPassword: newPassword(),
    code: 'no-such-code',
    challengeId: 'no-such-challenge',
    signUpId: 'no-such-sign-up',
    factorId: target.id,
    deviceId: target.id,
    method: 'TOTP',
    requirement: 'OPTIONAL',
    refreshToken: 'no-such-token',
    key: 'theme',
    value: 'dark',
    userId: target.id,
    scopes: ['users:read'],
    id: target.id,
    sessionId: target.tokens.sessionId,
    documentId: target.id,
    notificationId: target.id,
    eventId: target.id,
    ruleId: target.id,
    clientId: 'no-such-client',
    apiKeyId: target.id,
    tenantId: target.id,
    slug: `strings-${randomText()}`,
    publicUrl: 'https://strings.example',
    administratorEmail: newAddress('strings'),
    blockedAddressId: target.id,
    suppressionId: target.id,
    'BlockAddressInput.address': '203.0.113.80',
    passkey: {},
    phoneNumber: '+4915112345678',
    identityProviderId: target.id,
    providerId: target.id,
    linkedAccountId: target.id,
    codeVerifier: 'v'.repeat(43),
    'CreateIdentityProviderInput.kind': 'OIDC',
    // Without an issuer none is made: a tenant has room for a hundred.
    'LoginWithProviderInput.username': newAddress('strings'),
    'TelegramPayload.authDate': 1,
    'TelegramPayload.hash': '0'.repeat(64),
    // Their own keys: as far as a string can get.
    'CreateApiKeyInput.clientId': undefined,
    'UpdateProfileInput.preferences': [{ key: 'theme', value: 'dark' }],
  };
});

describe('a hostile string in any argument is refused with a code, or harmless:', () => {
  test.each(Object.keys(hostile))('%s', async (name) => {
    const surprises: string[] = [];
    const queue = targets.values();
    const send = async () => {
      for (const { root, field, coordinate, argument, below } of queue) {
        const variables = withArgument(variablesFor(field, coordinate, examples), argument, hostile[name]);
        const { errors, status } = await all.client.graphql(documentFor(root, field, { below }), variables);
        const codes = errors.map(({ extensions }) => extensions?.code);
        const expected = codes.every(
          (code) => code in errorCodes && code !== 'INTERNAL_SERVER_ERROR' && code !== 'SUBGRAPH_UNAVAILABLE',
        );
        const told = JSON.stringify(errors.map(({ message }) => message));
        const leaks = /syntax error|relation |column |duplicate key|\bat \w+ \(|node_modules/i.test(told);
        if (!expected || leaks || status >= 500) {
          surprises.push(
            `${coordinate} ${argument.path.join('.')}: ${status} ${codes} ${told.slice(0, 200)}`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, send));
    expect(surprises).toEqual([]);
  });

  test('and afterwards everything is still there', async () => {
    const admin = await administrator();
    expect(await all.client.ask('{ me { email status } }')).toEqual({
      me: { email: all.email, status: 'ACTIVE' },
    });
    expect(await admin.client.refusal('{ users(first: 100) { totalCount nodes { id email } } }')).toBeNull();
  });
});

describe('an id that is none finds nothing, and says no more than that:', () => {
  test.each(['1', '00000000-0000-0000-0000-000000000000', 'x'.repeat(36), '-1', '９９'])('%s', async (id) => {
    expect(
      await all.client.ask('query ($id: ID!) { user(id: $id) { id } document(id: $id) { id } }', { id }),
    ).toEqual({
      user: null,
      document: null,
    });
    const disable = 'mutation ($input: DisableUserInput!) { disableUser(input: $input) { user { id } } }';
    expect(await all.client.refusal(disable, { input: { userId: id } })).toBeOneOf([
      'NOT_FOUND',
      'BAD_USER_INPUT',
    ]);
  });
});

test('markup in a name is text in the mail', async () => {
  const { email } = await register({
    firstName: '<b>Ada</b>',
    lastName: '"><script>alert(1)</script>',
  }).catch(() => ({ email: null }));
  if (!email) return; // Refusing such a name is as good.
  const mail = await mailbox.waitForMail({ to: email });
  expect(mail.html).not.toMatch(/<script|<b>Ada/);
  expect(mail.subject).not.toMatch(/[\r\n]/);
});

test('addresses that differ only in how they are written are one', async () => {
  const name = randomText();
  const email = `zoë.${name}@example.com`;
  const password = newPassword();
  await register({ email, password });
  await mailbox.waitForMail({ to: email });
  await anyone.ask('mutation ($input: RegisterInput!) { register(input: $input) { email } }', {
    input: { email: ` ZOE\u0308.${name}@EXAMPLE.com ` },
  });
  // Whoever registers again before confirming gets another link, in place of the first.
  const mail = await mailbox.waitForMail({ to: email, count: 2 });
  const confirmed = await anyone.ask(
    'mutation ($input: ConfirmRegistrationInput!) { confirmRegistration(input: $input) { __typename } }',
    { input: { code: mailbox.codeOf(mail) } },
  );
  expect(confirmed).toEqual({ confirmRegistration: { __typename: 'TokenSet' } });
});

test('a password is taken whole or not at all', async () => {
  const attempt = async (password: string) =>
    await anyone.refusal('mutation ($input: RegisterInput!) { register(input: $input) { email } }', {
      input: { email: newAddress(), password },
    });
  expect(await attempt('short')).toBe('BAD_USER_INPUT');
  expect(await attempt('é'.repeat(37))).toBe('BAD_USER_INPUT');
  expect(await attempt(`fine so far\u0000and further`)).toBe('BAD_USER_INPUT');
  expect(await attempt('éàüößç'.repeat(6))).toBeNull();
});

function takesStrings(type: GraphQLNamedType): boolean {
  return ['String', 'ID', 'DateTime', 'JSON'].includes(type.name);
}
