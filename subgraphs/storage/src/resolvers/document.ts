import { isSelf, requireAccount, requirePrincipal } from '@gatehouse/identity';
import type { Resolvers } from '../../generated/resolvers.ts';
import { createUpload } from '../create-upload.ts';
import { deleteDocument } from '../delete-document.ts';
import type { StorageDeps } from '../deps.ts';
import { downloadUrl } from '../download-url.ts';
import { isId } from '../is-id.ts';
import { listDocuments } from '../list-documents.ts';
import type { Tenants } from '../tenants.ts';
import { visibleTo } from '../visible-documents.ts';

/** The public part of the API. */
export const documentResolvers = (deps: StorageDeps & { tenants: Tenants }): Resolvers => ({
  Query: {
    document: (_, { id }, { documents }) => documents.load(id),
    documents: (_, args, { caller }) => {
      const principal = requirePrincipal(caller);
      return listDocuments(deps, principal, visibleTo(principal), args);
    },
  },
  Document: {
    __resolveReference: ({ id }, { documents }) => documents.load(id),
    owner: ({ ownerId }) => ({ id: ownerId }),
    downloadUrl: (document) => downloadUrl(deps, document),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    documents: async ({ id: ownerId }, args, { caller }) => {
      const visible = visibleTo(caller.principal);
      if (!visible || !isId(ownerId) || (visible.ownerId !== null && !isSelf(caller.principal, ownerId)))
        return null;
      return await listDocuments(deps, caller.principal, { ...visible, ownerId }, args);
    },
  },
  Mutation: {
    createUpload: (_, { input }, { caller }) => createUpload(deps, requireAccount(caller), input),
    deleteDocument: (_, { input }, { caller, database }) =>
      deleteDocument({ database }, requirePrincipal(caller), input),
  },
});
