import type { Binding } from '../passkeys/challenge.ts';
import { amrOf, useAssertion, verifyAssertion } from '../passkeys/verify-assertion.ts';
import type { Origin } from '../security-events/security-event.ts';
import type { Services } from '../services.ts';
import type { Subject } from '../subject.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { Proof } from './answer-input.ts';
import { amrOfCode } from './methods.ts';
import { type CodeAttempt, useCode } from './use-code.ts';

export type ProofAttempt = {
  subject: Subject;
  proof: Proof;
  origin: Origin;
  /** What a passkey must have signed. */
  binding: Binding;
  useSentCode: CodeAttempt['useSentCode'];
  /** A mailed code counts, and nothing else, whatever the factors. */
  mailed?: boolean;
};

/** Uses a proof up, with the credential locked: what it proves (RFC 8176), undefined when it is not right. */
export type UseProof = (unit: UnitOfWork) => Promise<string[] | undefined>;

/**
 * How to use a second factor up. What needs no transaction is done before: the challenge of a passkey is gone, whatever comes
 * of it. Wrong codes are counted and lock the codes of the account; a passkey can't be guessed, so it is not locked with
 * them.
 */
export async function takeProof(services: Services, attempt: ProofAttempt): Promise<UseProof> {
  const { subject, proof, origin, binding, useSentCode, mailed = false } = attempt;
  const { tenantId, userId } = subject;
  if (proof.method !== 'PASSKEY') {
    const { method, code } = proof;
    const given = { tenantId, userId, method, code, origin, useSentCode, mailed };
    return async (unit) => ((await useCode(services, unit, given)) ? amrOfCode(method) : undefined);
  }
  const assertion = mailed
    ? undefined
    : await verifyAssertion(services, subject, binding, { response: proof.passkey, userId });
  return async (unit) => {
    if (assertion && (await useAssertion(unit, assertion, origin))) return amrOf(assertion.passkey);
    unit.securityEvent({ tenantId, type: 'MFA_FAILED', userId, origin, details: { method: proof.method } });
    return undefined;
  };
}
