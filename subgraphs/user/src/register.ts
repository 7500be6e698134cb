import { newId, type Tx } from '@gatehouse/data';
import { writeEvent } from '@gatehouse/events';
import type { Caller } from '@gatehouse/identity';
import { readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { OpenRegistrationDocument } from '../generated/calls.ts';
import type { UserDeps } from './deps.ts';
import { emailField, nameField, usernameField } from './fields.ts';
import { requireTenant } from './find-tenant.ts';
import { giveRoleByName } from './queries/roles.ts';
import { insertUserIfFree, userByKey } from './queries/users.ts';
import { outbox, type TenantRow, type UserRow } from './tables/index.ts';

const role = 'self-registration';

const inputShape = z.object({
  email: emailField,
  username: usernameField.nullish(),
  firstName: nameField.nullish(),
  lastName: nameField.nullish(),
  /** The rules for passwords are those of the auth subgraph. */
  password: z.string().max(1_000, 'is too long').nullish(),
});

type Wanted = z.output<typeof inputShape>;

/**
 * Registers an account, PENDING until the mailed code is used. Whether the address is taken shows neither in the
 * answer nor in the work done: its owner gets a mail instead. A taken username is left out, which the mail tells.
 * UNKNOWN_TENANT; BAD_USER_INPUT; FORBIDDEN where nobody registers themselves.
 */
export async function register(
  deps: UserDeps,
  caller: Caller,
  input: unknown,
): Promise<{ email: string; codeExpiresAt: Date }> {
  const wanted = readInput(inputShape, input);
  const tenant = await requireTenant(deps.database.db, caller.client.host);
  const tenantId = tenant.id;
  const credentialRef = await open(deps, tenant, wanted);
  await deps.database.transaction((tx) => insertOrTell(tx, tenantId, wanted, credentialRef));
  return {
    email: wanted.email.value,
    codeExpiresAt: new Date(Date.now() + deps.config.confirmationLifetime * 1_000),
  };
}

/** Whether anybody may register here, and whether the password will do, are the auth subgraph's to say. */
async function open(deps: UserDeps, tenant: TenantRow, wanted: Wanted): Promise<string | null> {
  const { email, username, firstName, lastName, password } = wanted;
  const about = {
    email: email.value,
    username: username?.value,
    firstName: firstName?.value,
    lastName: lastName?.value,
    tenantName: tenant.name,
  };
  const input = { tenantId: tenant.id, password, about };
  return (await deps.call('auth', OpenRegistrationDocument, { input })).openRegistration;
}

/** As many statements for a taken address as for a free one, so that time does not tell them apart. */
async function insertOrTell(
  tx: Tx,
  tenantId: string,
  wanted: Wanted,
  credentialRef: string | null,
): Promise<void> {
  const { username } = wanted;
  let usernameTaken =
    username != null && (await userByKey(tx, tenantId, { kind: 'username', key: username.key })) !== null;

  let user = await insertUserIfFree(tx, rowOf(tenantId, wanted, usernameTaken));
  if (!user) {
    const owner = await userByKey(tx, tenantId, { kind: 'email', key: wanted.email.key });
    if (owner) return await tellOwner(tx, owner);
    // Somebody took the username in between.
    usernameTaken = true;
    user = await insertUserIfFree(tx, rowOf(tenantId, wanted, usernameTaken));
  }
  if (!user) throw new Error('neither address nor username is free');
  await giveRoleByName(tx, user, role);
  await writeEvent(tx, outbox, {
    type: 'user.created',
    tenantId,
    subject: user.id,
    data: {
      userId: user.id,
      email: user.email,
      username: user.username,
      role,
      registrationMethod: 'email',
      metadata: {
        ...(credentialRef ? { credentialRef } : {}),
        ...(usernameTaken ? { requestedUsernameTaken: 'true' } : {}),
      },
    },
  });
}

const rowOf = (tenantId: string, wanted: Wanted, usernameTaken: boolean) => ({
  id: newId(),
  tenantId,
  email: wanted.email.value,
  emailKey: wanted.email.key,
  username: usernameTaken ? null : wanted.username?.value,
  usernameKey: usernameTaken ? null : wanted.username?.key,
  firstName: wanted.firstName?.value,
  firstNameKey: wanted.firstName?.key,
  lastName: wanted.lastName?.value,
  lastNameKey: wanted.lastName?.key,
});

async function tellOwner(tx: Tx, owner: UserRow): Promise<void> {
  await writeEvent(tx, outbox, {
    type: 'user.registration_attempted',
    tenantId: owner.tenantId,
    subject: owner.id,
    data: { userId: owner.id },
  });
}
