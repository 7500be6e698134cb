import { newId } from '@gatehouse/data';
import type { CallSubgraph } from '@gatehouse/service-kit/subgraph';
import type {
  FindLoginQuery,
  LoginSubjectQuery,
  SendMailMutationVariables,
  SendSmsMutationVariables,
  TenantByHostQuery,
} from '../generated/calls.ts';

export type Subject = NonNullable<LoginSubjectQuery['loginSubject']>;
export type Tenant = NonNullable<TenantByHostQuery['tenantByHost']>;
export type Mail = SendMailMutationVariables['input'] & { parameters: Record<string, string> };

type Provisioned = { userId: string; tenantId: string; email: string; role: string; within: string[] };
type Synced = { userId: string; managed: string[]; granted: string[]; within: string[] };
export type Sms = SendSmsMutationVariables['input'] & { parameters: Record<string, string> };

const tenantOf = (name: string, host: string): Tenant => ({
  id: newId(),
  name,
  slug: name,
  primaryHost: host,
  publicUrl: `http://${host}`,
  status: 'ACTIVE',
  primaryColor: null,
  onPrimaryColor: null,
  backgroundColor: null,
  logoUrl: null,
  supportUrl: null,
});

/** The user and notification subgraphs as this one sees them, in memory. */
export function createNeighbours() {
  const tenant = tenantOf('default', 'localhost:4000');
  const otherTenant = tenantOf('clinicwave', 'clinicwave.com');
  const people = new Map<string, Subject>();
  const roles = new Map([
    ['user', ['profile:read', 'profile:write']],
    ['self-registration', ['profile:read', 'profile:write']],
    ['nurse', ['profile:read', 'profile:write', 'documents:read']],
    ['admin', ['profile:read', 'profile:write', 'users:read', 'users:delete']],
  ]);
  const mails: Mail[] = [];
  const texts: Sms[] = [];
  const sent = new Set<string>();
  const failing = new Set<string>();
  /** Runs while a mail is handed over, before the answer. */
  const onMail: { run?: ((mail: Mail) => Promise<void>) | undefined } = {};
  /** Runs while it is asked who somebody is, once. */
  const onSubject: { run?: (() => Promise<void>) | undefined } = {};

  const person = (name: string, values: Partial<Subject> = {}): Subject => {
    const home = values.tenantId === otherTenant.id ? otherTenant : tenant;
    const subject: Subject = {
      userId: newId(),
      tenantId: home.id,
      tenantName: home.name,
      publicUrl: home.publicUrl,
      status: 'ACTIVE',
      email: `${name}@example.com`,
      emailConfirmed: true,
      username: name,
      firstName: 'Ada',
      lastName: 'Lovelace',
      locale: 'en',
      timeZone: 'UTC',
      roles: ['user'],
      permissions: ['profile:read', 'profile:write'],
      ...values,
    };
    people.set(subject.userId, subject);
    return subject;
  };

  const answers: Record<string, (variables: Record<string, unknown>) => unknown> = {
    TenantByHost: ({ host }) => ({
      tenantByHost: [tenant, otherTenant].find(({ primaryHost }) => primaryHost === host) ?? null,
    }),
    TenantById: ({ id }) => ({ tenantById: [tenant, otherTenant].find((one) => one.id === id) ?? null }),
    FindLogin: ({ tenantId, identifier }): FindLoginQuery => ({
      findLogin:
        [...people.values()].find(
          (one) =>
            one.tenantId === tenantId &&
            one.status !== 'DELETED' &&
            [one.email, one.username].includes(String(identifier).toLowerCase()),
        ) ?? null,
    }),
    LoginSubject: ({ userId }) => {
      const person = people.get(String(userId));
      return { loginSubject: person?.status === 'DELETED' ? null : (person ?? null) };
    },
    CompleteRegistration: ({ userId }) => {
      const person = people.get(String(userId));
      if (person?.status === 'PENDING') person.status = 'ACTIVE';
      return { completeRegistration: person };
    },
    ChangeEmail: ({ input }) => {
      const { userId, email } = input as { userId: string; email: string };
      const known = people.get(userId);
      if (known) known.email = email;
      return { changeEmail: known };
    },
    ProvisionUser: ({ input }) => {
      const { userId, tenantId, email, role, within } = input as Provisioned;
      const known = people.get(userId);
      if (known) return { provisionUser: known };
      const isTaken = [...people.values()].some((one) => one.tenantId === tenantId && one.email === email);
      if (isTaken) return { provisionUser: null };
      const given = roles.get(role)?.every((name) => within.includes(name)) ? role : 'self-registration';
      const values = { userId, tenantId, email, roles: [given], permissions: roles.get(given) ?? [] };
      return { provisionUser: person(email.split('@')[0] ?? '', values) };
    },
    SyncProvidedRoles: ({ input }) => {
      const { userId, managed, granted, within } = input as Synced;
      const known = people.get(userId);
      if (!known) throw new Error('nobody');
      const allowed = granted.filter((name) => roles.get(name)?.every((one) => within.includes(one)));
      known.roles = [...known.roles.filter((name) => !managed.includes(name)), ...allowed];
      known.permissions = [...new Set(known.roles.flatMap((name) => roles.get(name) ?? []))];
      return { syncProvidedRoles: known };
    },
    RolePermissions: ({ roles: names }) => ({
      rolePermissions: (names as string[]).flatMap((role) => {
        const permissions = roles.get(role);
        return permissions ? [{ role, permissions }] : [];
      }),
    }),
    SendMail: ({ input }) => {
      const mail = input as Mail;
      if (!sent.has(mail.idempotencyKey)) mails.push(mail);
      sent.add(mail.idempotencyKey);
      return { sendMail: true };
    },
    SendSms: ({ input }) => {
      texts.push(input as Sms);
      return { sendSms: true };
    },
  };

  const call = (async (_subgraph: string, document: unknown, variables: Record<string, unknown>) => {
    const operation = /(?:query|mutation) (\w+)/.exec(String(document))?.[1] ?? '';
    if (failing.has(operation)) throw new Error(`${operation} fails`);
    if (operation === 'SendMail') await onMail.run?.((variables as { input: Mail }).input);
    if (operation === 'LoginSubject') {
      const { run } = onSubject;
      onSubject.run = undefined;
      await run?.();
    }
    return structuredClone(answers[operation]?.(variables));
  }) as unknown as CallSubgraph;

  return {
    call,
    tenant,
    otherTenant,
    people,
    mails,
    texts,
    failing,
    onMail,
    onSubject,
    person,
    roles,
  };
}
