import { z } from 'zod';

export type EventDefinition<T extends string, S extends z.ZodRawShape> = {
  type: T;
  /** Internal events are between our own subgraphs and no part of the public contract. */
  internal: boolean;
  /** Who publishes it. */
  origin: 'gatehouse' | 'other systems';
  /** What we publish: nothing beside the named fields gets out. */
  published: z.ZodObject<S, z.core.$strict>;
  /** What we accept: fields that a newer publisher adds are dropped. */
  consumed: z.ZodObject<S, z.core.$strip>;
};

/** One event of the catalogue: its type and the shape of its `data`. */
export function defineEvent<const T extends string, S extends z.ZodRawShape>(
  type: T,
  shape: S,
  options: { internal?: boolean; origin?: 'other systems' } = {},
): EventDefinition<T, S> {
  return {
    type,
    internal: options.internal ?? false,
    origin: options.origin ?? 'gatehouse',
    published: z.strictObject(shape),
    consumed: z.object(shape),
  };
}

export const userId = z.uuid();
/** International addresses (RFC 6531) too, which zod's own rule refuses. */
export const email = z
  .string()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/);
/** Identifiers of other systems: opaque, bounded. */
export const foreignId = z.string().min(1).max(200);
export const word = z.string().min(1).max(200);
export const sentence = z.string().max(1_000);
/** Who did it: a user's id, or a name like `system`. */
export const actor = z.string().min(1).max(200);
export const ipAddress = z.union([z.ipv4(), z.ipv6()]).nullable();
export const timestamp = z.iso.datetime({ offset: true });
