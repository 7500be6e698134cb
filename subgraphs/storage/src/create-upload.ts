import { newId } from '@gatehouse/data';
import type { Account } from '@gatehouse/identity';
import { badInput, GatehouseError, readInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { StorageDeps } from './deps.ts';
import { insertDocument, lockUsage, usageOf } from './queries/documents.ts';
import { insertUpload } from './queries/uploads.ts';
import { signUrl } from './signed-url.ts';
import type { Tenants } from './tenants.ts';

/** Control characters, separators of lines, halves of characters, and what turns the direction of text around. */
const deceptive = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
const plain = (text: string) => !deceptive.test(text);

const name = z
  .string()
  .max(1_000)
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1, 'must not be empty')
      .max(255, 'must have at most 255 characters')
      .refine(plain, 'holds characters that are not allowed')
      .refine(
        (text) => !/[/\\]/.test(text) && text !== '.' && text !== '..',
        'must be a name without a path',
      ),
  );

const inputShape = (maxBytes: number) =>
  z.object({
    name,
    size: z
      .int('must be a whole number of bytes')
      .min(1, 'must be at least 1')
      .max(maxBytes, `must be at most ${maxBytes}`),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
      .toLowerCase()
      .nullish(),
    kind: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,49}$/, 'must be a short lower-case word')
      .nullish(),
    tags: z
      .array(z.string().trim().min(1).max(50).refine(plain, 'holds characters that are not allowed'))
      .max(20)
      .nullish(),
  });

export const uploadPath = (uploadId: string): string => `/storage/uploads/${uploadId}`;

/**
 * Announces a document and answers the signed URL that takes its content once. BAD_USER_INPUT for a name, size or other
 * field that breaks a rule and past the user's quota; RATE_LIMITED with too many uploads announced and not finished.
 */
export async function createUpload(
  deps: Pick<StorageDeps, 'database' | 'config'> & { tenants: Tenants },
  owner: Account,
  input: unknown,
): Promise<{ documentId: string; uploadUrl: string; method: string; expiresAt: Date }> {
  const { config } = deps;
  const { tenantId, userId: ownerId } = owner;
  const given = readInput(inputShape(config.maxUploadBytes), input);
  const base = await deps.tenants.publicUrlOf(tenantId);
  const documentId = newId();
  const uploadId = newId();
  const expiresAt = new Date((Math.floor(Date.now() / 1000) + config.uploadUrlSeconds) * 1000);

  await deps.database.transaction(async (tx) => {
    await lockUsage(tx, ownerId);
    const usage = await usageOf(tx, tenantId, ownerId);
    if (usage.open >= config.maxOpenUploads) {
      throw new GatehouseError('RATE_LIMITED', 'Finish some of the uploads announced before.', {
        retryAfter: config.uploadUrlSeconds,
      });
    }
    if (usage.bytes + given.size > config.userQuotaBytes) {
      const left = Math.max(0, config.userQuotaBytes - usage.bytes);
      throw badInput({ path: 'size', message: `is more than the ${left} bytes left of the quota` });
    }
    await insertDocument(tx, {
      id: documentId,
      tenantId,
      ownerId,
      name: given.name,
      size: given.size,
      kind: given.kind ?? 'document',
      tags: [...new Set(given.tags)],
    });
    await insertUpload(tx, { id: uploadId, documentId, expectedSha256: given.sha256, expiresAt });
  });

  const uploadUrl = signUrl(config.secret, {
    base,
    tenantId,
    method: 'PUT',
    path: uploadPath(uploadId),
    expiresAt,
  });
  return { documentId, uploadUrl, method: 'PUT', expiresAt };
}
