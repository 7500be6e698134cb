import { badInput } from '@gatehouse/service-kit';
import { z } from 'zod';
import { type AssertionResponse, assertionInput } from '../passkeys/response-input.ts';
import { codeInput } from './codes.ts';

export const codeMethodInput = z.enum(['TOTP', 'EMAIL', 'SMS', 'BACKUP_CODE']);
export const methodInput = z.enum([...codeMethodInput.options, 'PASSKEY']);

/** How a challenge for a second factor is answered. */
export const answerFields = {
  code: codeInput.nullish(),
  passkey: assertionInput.nullish(),
};

/** A code of some method, or what a passkey has signed. */
export type Proof =
  | { method: z.output<typeof codeMethodInput>; code: string }
  | { method: 'PASSKEY'; passkey: AssertionResponse };

/** What the fields prove; BAD_USER_INPUT when the one is missing that the method needs. */
export function proofOf(given: {
  method: z.output<typeof methodInput>;
  code?: string | null | undefined;
  passkey?: AssertionResponse | null | undefined;
}): Proof {
  const { method, code, passkey } = given;
  if (method === 'PASSKEY') {
    if (passkey == null) throw badInput({ path: 'passkey', message: 'is needed for this method' });
    return { method, passkey };
  }
  if (code == null) throw badInput({ path: 'code', message: 'is needed for this method' });
  return { method, code };
}
