import { StartupError } from '@gatehouse/service-kit';
import { z } from 'zod';

/** What the last entry of an archive says of those before it. */
export const manifestName = 'manifest.json';
/** Of the archive itself; a newer one belongs to a newer Gatehouse. */
export const formatVersion = 1;

const manifestSchema = z.object({
  format: z.int().min(1),
  product: z.literal('gatehouse'),
  version: z.string().max(50),
  createdAt: z.iso.datetime(),
  /** Whose files the database's are: they fit no other major version and no other kind of machine. */
  postgres: z
    .string()
    .regex(/^\d+(\.\d+)?/)
    .max(50),
  platform: z.string().max(50),
  files: z.record(z.string().max(1_000), z.object({ size: z.int().min(0), sha256: z.string().length(64) })),
});

export type Manifest = z.output<typeof manifestSchema>;

const formatOnly = z.object({ format: z.int() });

/** StartupError for what is no manifest, or that of a newer version. */
export function parseManifest(text: string): Manifest {
  const json = parsed(text);
  const known = formatOnly.safeParse(json);
  if (known.success && known.data.format > formatVersion) {
    throw new StartupError(`The archive is from a newer version of Gatehouse (format ${known.data.format}).`);
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) throw new StartupError('The archive is damaged: its manifest is not valid.');
  return manifest.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const platform = `${process.platform}-${process.arch}`;

/** StartupError when the database's files do not fit the bundled PostgreSQL, of this version, or this machine. */
export function refuseUnfit(manifest: Manifest, postgres: string): void {
  const major = (version: string) => Number.parseInt(version, 10);
  if (major(manifest.postgres) !== major(postgres)) {
    throw new StartupError(
      `The archive holds data of PostgreSQL ${manifest.postgres}, and the bundled one is ${postgres}. Restore it with Gatehouse ${manifest.version}, which made it.`,
    );
  }
  if (manifest.platform !== platform) {
    throw new StartupError(
      `The archive was made on ${manifest.platform}, and PostgreSQL's files do not fit ${platform}.`,
    );
  }
}
