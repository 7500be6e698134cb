import { LoginSubjectDocument, type LoginSubjectQuery } from '../generated/calls.ts';
import type { AuthDeps } from './deps.ts';

/** A person as the user subgraph describes them for tokens. */
export type Subject = NonNullable<LoginSubjectQuery['loginSubject']>;

/** Null when deleted. */
export async function findSubject(deps: Pick<AuthDeps, 'call'>, userId: string): Promise<Subject | null> {
  return (await deps.call('user', LoginSubjectDocument, { userId })).loginSubject;
}

/** The person when they may use tokens of this tenant now. */
export const activeIn = (tenantId: string, subject: Subject | null): Subject | undefined =>
  subject?.status === 'ACTIVE' && subject.tenantId === tenantId ? subject : undefined;

export const nameOf = (subject: Subject): string =>
  [subject.firstName, subject.lastName].filter(Boolean).join(' ') || subject.username || subject.email;
