import type { Account } from '@gatehouse/identity';
import { badInput, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { HoldsDocumentsDocument } from '../generated/calls.ts';
import { changeProfile, profileShape } from './change-profile.ts';
import type { UserDeps } from './deps.ts';
import { idField, preferencesField } from './fields.ts';
import type { UserRow } from './tables/index.ts';

const inputShape = z.object({
  ...profileShape,
  avatarDocumentId: idField.nullish(),
  preferences: preferencesField.nullish(),
});

/** Changes the own profile. USERNAME_TAKEN; BAD_USER_INPUT also for an avatar that is no document of one's own. */
export async function updateProfile(deps: UserDeps, principal: Account, input: unknown): Promise<UserRow> {
  const change = readInput(inputShape, input);
  if (change.avatarDocumentId) await requireOwnDocument(deps, principal, change.avatarDocumentId);
  return await changeProfile(deps, principal, principal.userId, change);
}

async function requireOwnDocument(
  deps: UserDeps,
  { tenantId, userId: holderId }: Account,
  documentId: string,
): Promise<void> {
  const { holdsDocuments } = await deps.call('storage', HoldsDocumentsDocument, {
    tenantId,
    documentIds: [documentId],
    holderId,
  });
  if (!holdsDocuments) {
    throw badInput({ path: 'avatarDocumentId', message: 'must be a stored document of yours' });
  }
}
