import { z } from 'zod';

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');

/** WebAuthn § 4: an id has at most 1023 bytes. */
const credentialId = base64url(1_364);

const common = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };
const clientDataJSON = base64url(4_096);

/** What `navigator.credentials.create` gave, as JSON (WebAuthn § 5.1, RegistrationResponseJSON). */
export const registrationInput = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON,
      attestationObject: base64url(16_384),
      transports: z
        .array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']))
        .max(7)
        .optional(),
    }),
  })
  .transform((response) => ({ ...response, clientExtensionResults: {} }));

/** What `navigator.credentials.get` gave, as JSON (AuthenticationResponseJSON). */
export const assertionInput = z
  .object({
    ...common,
    response: z.object({
      clientDataJSON,
      authenticatorData: base64url(4_096),
      signature: base64url(8_192),
      userHandle: base64url(128).nullish(),
    }),
  })
  .transform(({ response: { userHandle, ...response }, ...rest }) => ({
    ...rest,
    response: { ...response, ...(userHandle && { userHandle }) },
    clientExtensionResults: {},
  }));

export type RegistrationResponse = z.output<typeof registrationInput>;
export type AssertionResponse = z.output<typeof assertionInput>;
