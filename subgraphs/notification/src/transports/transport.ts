/** A mail as it leaves: rendered, with one recipient. */
export type OutgoingMail = {
  /** The delivery's id: the same for every attempt. */
  id: string;
  /** Whom it comes from; the installation's sender for what is null. */
  senderName: string | null;
  senderAddress: string | null;
  recipient: string;
  subject: string;
  html: string;
  text: string;
};

/** `Name <address>` in parts. */
export type Sender = { name: string; address: string };

/** The installation's sender, as the tenant of a mail changed it. */
export function senderOf(
  from: string,
  { senderName, senderAddress }: Pick<OutgoingMail, 'senderName' | 'senderAddress'>,
): Sender {
  const [, name = '', address = from] = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(from) ?? [];
  return { name: senderName ?? name.replace(/^"(.*)"$/, '$1'), address: senderAddress ?? address.trim() };
}

/** Hands mails over. `deliver` throws UndeliverableError when another attempt would be in vain. */
export type MailTransport = {
  /** After this long an attempt counts as lost with its process. */
  leaseMs: number;
  deliver(mail: OutgoingMail): Promise<void>;
  close(): Promise<void>;
};

export class UndeliverableError extends Error {
  override name = 'UndeliverableError';
}
