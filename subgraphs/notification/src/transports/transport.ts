/** A mail as it leaves: rendered, with one recipient. */
export type OutgoingMail = {
  /** The delivery's id: the same for every attempt. */
  id: string;
  recipient: string;
  subject: string;
  html: string;
  text: string;
};

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
