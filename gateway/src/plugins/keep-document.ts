import type { Plugin } from '../operation/exchange.ts';
import type { KnownDocuments } from '../operation/persisted/known-documents.ts';

/** Keeps a document under the hash it came with, now that it has parsed, met the limits and fits the schema. */
export const keepDocument = (known: KnownDocuments): Plugin => ({
  name: 'keep-document',
  run({ keepAs, source }) {
    if (keepAs !== undefined) known.keep(keepAs, source);
  },
});
