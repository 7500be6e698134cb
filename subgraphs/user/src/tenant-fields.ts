import { z } from 'zod';
import { emailField, nameField, textField } from './fields.ts';
import { normalisePublicUrl, normaliseTenantHost } from './hosts.ts';

// Input fields of tenants, as zod reads them.

const maxUrlLength = 500;
const maxHosts = 50;

export const slugField = z
  .string()
  .regex(
    /^[a-z0-9](?:-?[a-z0-9]){1,62}$/,
    'must be 2 to 63 of a-z, 0-9 and "-", and may not begin or end with "-"',
  )
  .max(63, 'must have at most 63 characters');

export const tenantNameField = nameField.transform(({ value }) => value);

const normalised = (normalise: typeof normaliseTenantHost) =>
  z
    .string()
    .max(maxUrlLength, 'is too long')
    .transform((text, context) => {
      const result = normalise(text);
      if (!('problem' in result)) return result;
      context.addIssue({ code: 'custom', message: result.problem });
      return z.NEVER;
    });

export const hostsField = z
  .array(normalised(normaliseTenantHost).transform(({ value }) => value))
  .max(maxHosts, `are more than ${maxHosts}`);

/** The origin; `key` is its host. */
export const publicUrlField = normalised(normalisePublicUrl);

const colorField = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be #rrggbb')
  .transform((color) => color.toLowerCase());

/** A web address as a browser spells it: nothing in it can end an attribute, a policy or a style. */
const urlField = (...protocols: string[]) =>
  z
    .string()
    .max(maxUrlLength, 'is too long')
    .transform((text, context) => {
      const url = URL.parse(text.trim());
      const isPlain =
        url !== null &&
        protocols.includes(url.protocol) &&
        url.username + url.password === '' &&
        !/[\s"'<>\\;,`]/.test(url.href);
      if (isPlain) return url.href;
      const kinds = protocols.map((protocol) => protocol.slice(0, -1)).join(' or ');
      context.addIssue({ code: 'custom', message: `is not a plain ${kinds} address` });
      return z.NEVER;
    });

const senderNameField = textField(100).refine((name) => !name?.includes('\n'), 'must be one line');

/** What a tenant's own administrators may change. */
export const brandingFields = {
  primaryColor: colorField.nullish(),
  backgroundColor: colorField.nullish(),
  logoUrl: urlField('https:').nullish(),
  supportUrl: urlField('https:', 'mailto:').nullish(),
  senderName: senderNameField.nullish(),
};

/** The installation's mail server answers for it, so that the installation's administrators alone choose it. */
export const senderAddressField = emailField.transform(({ key }) => key);
