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
  const mails: Mail[] = [];
  const texts: Sms[] = [];
  const sent = new Set<string>();
  const failing = new Set<string>();
  /** Runs while a mail is handed over, before the answer. */
  const onMail: { run?: ((mail: Mail) => Promise<void>) | undefined } = {};

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
    person(name: string, values: Partial<Subject> = {}): Subject {
      const home = values.tenantId === otherTenant.id ? otherTenant : tenant;
      const subject: Subject = {
        userId: newId(),
        tenantId: home.id,
        tenantName: home.name,
        publicUrl: home.publicUrl,
        status: 'ACTIVE',
        email: `${name}@example.com`,
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
    },
  };
}
