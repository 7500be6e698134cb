import { readFileSync } from 'node:fs';
import { StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { Documents } from '../prepare.ts';
import { OperationRefused } from '../refusal.ts';
import { sha256Of } from './known-documents.ts';
import { isSha256 } from './named-document.ts';

/** Documents that were reviewed when their clients were built, by id. */
export type TrustedDocuments = {
  find(id: string): string | undefined;
  /** Whether this very text is one of them. */
  has(text: string): boolean;
};

const id = z.string().regex(/^[\w.~:-]{1,200}$/, { error: 'is not a document id' });

/** Apollo's format (generate-persisted-query-manifest). */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id, body: z.string().min(1) })),
});

/** `{ hash: document }`, as the client preset of graphql-codegen writes it. */
const documentsByHash = z.record(id, z.string().min(1));

/**
 * Reads manifests of trusted documents. StartupError, in one line, for one that can't be read, does not say what it is, gives
 * one id to two documents or a wrong SHA-256 to one.
 */
export function readTrustedDocuments(paths: readonly string[]): Map<string, string> {
  const documents = new Map<string, string>();
  for (const path of paths) {
    const refuse = (problem: string) => new StartupError(`The trusted documents ${path} ${problem}.`);
    for (const [documentId, text] of entriesOf(readJson(path, refuse), refuse)) {
      if (isSha256(documentId) && documentId !== sha256Of(text))
        throw refuse(`give ${documentId} to a document with another SHA-256`);
      if ((documents.get(documentId) ?? text) !== text)
        throw refuse(`give ${documentId} to a second document`);
      documents.set(documentId, text);
    }
  }
  return documents;
}

/**
 * Holds the documents against the schema, so that a manifest of another version is found at start: StartupError. The texts
 * in `own` are the gateway's and are trusted as they are.
 */
export function trustDocuments(
  byId: ReadonlyMap<string, string>,
  documents: Pick<Documents, 'check'>,
  own: readonly string[] = [],
): TrustedDocuments {
  for (const [documentId, text] of byId) {
    try {
      documents.check(text);
    } catch (error) {
      const problem = error instanceof OperationRefused ? error.errors[0]?.message : (error as Error).message;
      throw new StartupError(`The trusted document ${nameOf(text) ?? documentId} does not hold: ${problem}`);
    }
  }
  const texts = new Set([...byId.values(), ...own]);
  return { find: (documentId) => byId.get(documentId), has: (text) => texts.has(text) };
}

const nameOf = (text: string) => /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(text)?.[1];

function readJson(path: string, refuse: (problem: string) => StartupError): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refuse(`can't be read: ${(error as Error).message.replaceAll('\n', ' ')}`);
  }
}

function entriesOf(given: unknown, refuse: (problem: string) => StartupError): [string, string][] {
  const apollo = apolloManifest.safeParse(given);
  if (apollo.success) return apollo.data.operations.map((operation) => [operation.id, operation.body]);
  const byHash = documentsByHash.safeParse(given);
  if (byHash.success && !('format' in byHash.data)) return Object.entries(byHash.data);
  throw refuse('are neither an Apollo manifest (version 1) nor an object of documents by hash');
}
