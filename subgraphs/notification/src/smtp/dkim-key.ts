import { createPrivateKey } from 'node:crypto';

/** Signs outgoing mails (RFC 6376): the public half stands in the DNS at `<selector>._domainkey.<domain>`. */
export type DkimKey = { domain: string; selector: string; privateKey: string };

/** RFC 8301, 3.2: signers use at least 2048 bits. */
const leastBits = 2048;

/**
 * A private key in PEM, as it is written in a file or, with `\n` for the ends of lines, in a variable. Throws an Error that says what is
 * wrong and repeats nothing of it: one that can not sign would have mails leave unsigned.
 */
export function dkimPrivateKeyOf(text: string): string {
  const pem = text.replaceAll('\\n', '\n').trim();
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('must be a private key in PEM, without a passphrase');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < leastBits)
    throw new Error(`must be an RSA key of ${leastBits} bits or more`);
  return pem;
}
