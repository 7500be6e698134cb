import { z } from 'zod';
import {
  type Normalised,
  normaliseEmail,
  normaliseLocale,
  normaliseName,
  normaliseText,
  normaliseTimeZone,
  normaliseUsername,
} from './normalise.ts';

// Input fields as zod reads them: bounded before anything looks at them, normalised after.

/** Longer than any valid field: what exceeds it is refused unread. */
const maxRawLength = 2_000;

type Kept = { value: string; key: string };

const field = (normalise: (text: string) => Normalised) =>
  z
    .string()
    .max(maxRawLength, 'is too long')
    .transform((text, context): Kept => {
      const result = normalise(text);
      if (!('problem' in result)) return result;
      context.addIssue({ code: 'custom', message: result.problem });
      return z.NEVER;
    });

export const emailField = field(normaliseEmail);
export const usernameField = field(normaliseUsername);
export const nameField = field(normaliseName);
export const localeField = field(normaliseLocale);
export const timeZoneField = field(normaliseTimeZone);

/** Free text; blank counts as none. */
export const textField = (max: number) =>
  field((text) => normaliseText(text, max)).transform(({ value }) => value || null);

export const reasonField = textField(500).nullish();
export const retentionDaysField = z
  .int()
  .min(0, 'must be at least 0')
  .max(3_650, 'must be at most 3650')
  .nullish();
export const descriptionField = textField(500).nullish();

/** An id in the form it is stored in. What is no UUID can't be anyone's. */
export const idField = z.uuid('is not an id').transform((id) => id.toLowerCase());

const roleName = /^[a-z][a-z0-9-]{1,62}$/;
export const roleNameField = z
  .string()
  .regex(roleName, 'must be 2 to 63 of a-z, 0-9 and "-", beginning with a letter');

const permissionName = /^[a-z][a-z0-9-]{0,62}:[a-z][a-z0-9-]{0,62}$/;
export const permissionNameField = z
  .string()
  .regex(permissionName, 'must be noun:verb, each of a-z, 0-9 and "-"');

const names = <T extends z.ZodType<string>>(name: T) =>
  z
    .array(name)
    .max(200, 'are too many')
    .transform((list) => [...new Set(list)]);

export const roleNamesField = names(roleNameField);
export const permissionNamesField = names(permissionNameField);

/** Names of plans and features, as `subscription.updated` holds them. */
export const entitlementsField = z
  .array(z.string().min(1).max(200, 'is too long'))
  .max(50, 'are too many')
  .transform((list) => [...new Set(list)]);

const preferenceKey = z.string().regex(/^[a-zA-Z][a-zA-Z0-9._-]{0,63}$/, 'is not a preference key');
export const preferencesField = z
  .array(
    z.object({
      key: preferenceKey,
      value: z
        .string()
        .max(1_000, 'is too long')
        .refine((value) => !value.includes('\0'), 'holds NUL')
        .nullish(),
    }),
  )
  .max(50, 'are too many');
