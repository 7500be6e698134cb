import type { AuditActorType, AuditEntryResolvers } from '../../generated/resolvers.ts';
import { isId } from './access.ts';

const userOf = (type: string | null, id: string | null) =>
  type === 'user' && id && isId(id) ? { id } : null;

export const AuditEntry: AuditEntryResolvers = {
  actorType: ({ actorType }) => actorType.toUpperCase().replace('-', '_') as AuditActorType,
  actor: ({ actorType, actorId }) => userOf(actorType, actorId),
  subject: ({ subjectType, subjectId }) => userOf(subjectType, subjectId),
};
