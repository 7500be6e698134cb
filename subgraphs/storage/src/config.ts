import { env, StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';

const mebibyte = 1024 * 1024;

export type StorageConfig = {
  secret: string;
  maxUploadBytes: number;
  /** What the documents of one user may take, those being sent included. */
  userQuotaBytes: number;
  /** Uploads announced and not finished, per user. */
  maxOpenUploads: number;
  /** Content types that are taken; `image/*` means all below. */
  allowedTypes: readonly string[];
  /** How long signed URLs hold. */
  uploadUrlSeconds: number;
  downloadUrlSeconds: number;
  /** A sender who is silent for this long has gone. */
  stalledAfterMs: number;
  /** How long a request that writes is believed to live without a sign. */
  uploadLeaseSeconds: number;
  reservationSeconds: number;
  /** How long the content of a deleted document is kept. */
  keepDeletedSeconds: number;
  /** How often lapsed uploads and deleted content are cleaned up. */
  cleanEveryMs: number;
};

/**
 * Documents, pictures, sound, film, text, archives and what is not recognised. Programs, scripts and markup that a
 * browser would run (HTML, SVG) are not among them; allowed or not, nothing is ever served to be shown in a page.
 */
const commonTypes = [
  'application/pdf',
  'application/rtf',
  'application/json',
  'application/xml',
  'application/epub+zip',
  'application/x-cfb',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.presentation',
  'application/zip',
  'application/gzip',
  'application/x-tar',
  'application/x-bzip2',
  'application/x-xz',
  'application/zstd',
  'application/x-7z-compressed',
  'application/x-rar-compressed',
  'application/octet-stream',
  'text/plain',
  'text/csv',
  'text/calendar',
  'text/vcard',
  'image/apng',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/heic',
  'image/heif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
  'audio/*',
  'video/*',
];

export const defaultStorageConfig: Omit<StorageConfig, 'secret'> = {
  maxUploadBytes: 512 * mebibyte,
  userQuotaBytes: 5 * 1024 * mebibyte,
  maxOpenUploads: 50,
  allowedTypes: commonTypes,
  uploadUrlSeconds: 900,
  downloadUrlSeconds: 900,
  stalledAfterMs: 60_000,
  uploadLeaseSeconds: 60,
  reservationSeconds: 600,
  keepDeletedSeconds: 7 * 86_400,
  cleanEveryMs: 60_000,
};

/** What a process that mounts this subgraph reads from the environment. */
export const storageEnvironment = {
  /** Signs upload and download URLs; the same for all processes of this subgraph. */
  STORAGE_SECRET: z.string().min(32, { error: 'must have at least 32 characters' }).optional(),
  MAX_UPLOAD_BYTES: env.count(defaultStorageConfig.maxUploadBytes, 1, 1024 * 1024 * mebibyte),
  USER_QUOTA_BYTES: env.count(defaultStorageConfig.userQuotaBytes, 1, Number.MAX_SAFE_INTEGER),
};

const environment = z.object(storageEnvironment);

/** `secret` when the process has one of its own; StartupError without any. */
export function storageConfigOf(values: z.output<typeof environment>, secret?: string): StorageConfig {
  const given = values.STORAGE_SECRET ?? secret;
  if (!given) throw new StartupError('The environment is not valid:\n  STORAGE_SECRET: is required');
  return {
    ...defaultStorageConfig,
    secret: given,
    maxUploadBytes: values.MAX_UPLOAD_BYTES,
    userQuotaBytes: values.USER_QUOTA_BYTES,
  };
}
