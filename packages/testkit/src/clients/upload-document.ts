import { createHash, randomBytes } from 'node:crypto';
import type { GatehouseClient } from './gatehouse-client.ts';

type Upload = { documentId: string; uploadUrl: string; method: string };

/** Announces and sends a document: its id. */
export async function uploadDocument(
  client: GatehouseClient,
  document: { name: string; content: string | Uint8Array; kind?: string; tags?: string[] },
): Promise<string> {
  const { content, ...described } = document;
  const bytes = Buffer.from(content);
  const { createUpload } = await client.ask<{ createUpload: Upload }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl method } }',
    { input: { ...described, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } },
  );
  const response = await client.fetch(createUpload.uploadUrl, { method: createUpload.method, body: bytes });
  if (!response.ok) throw new Error(`PUT answered ${response.status}: ${await response.text()}`);
  return createUpload.documentId;
}

/** Content that no other document has. Text: bytes at random are a picture or a program now and then. */
export const newContent = (bytes: number): Buffer => Buffer.from(randomBytes(bytes / 2).toString('hex'));
