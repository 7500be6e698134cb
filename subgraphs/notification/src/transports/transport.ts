import type { Channel } from '../tables/delivery.ts';

/** A message as it leaves: rendered, with one recipient. An SMS is its text alone. */
export type OutgoingMessage = {
  /** The delivery's id: the same for every attempt. */
  id: string;
  /** What a report of it is known by. */
  reportId: string;
  channel: Channel;
  /** Whom a mail comes from; the installation's sender for what is null. */
  senderName: string | null;
  senderAddress: string | null;
  /** An e-mail address, or an E.164 number. */
  recipient: string;
  subject: string;
  html: string;
  text: string;
  /** When it is of no use any more. */
  expiresAt: Date | null;
};

/** `Name <address>` in parts. */
export type Sender = { name: string; address: string };

/** The installation's sender, as the tenant of a mail changed it. */
export function senderOf(
  from: string,
  { senderName, senderAddress }: Pick<OutgoingMessage, 'senderName' | 'senderAddress'>,
): Sender {
  const [, name = '', address = from] = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(from) ?? [];
  return { name: senderName ?? name.replace(/^"(.*)"$/, '$1'), address: senderAddress ?? address.trim() };
}

/** Hands messages over. `deliver` throws UndeliverableError when another attempt would be in vain. */
export type Transport = {
  /** After this long an attempt counts as lost with its process. */
  leaseMs: number;
  /** Answers what the provider calls the message, when it gives a name that it tells of its fate by. */
  deliver(message: OutgoingMessage, stopping: AbortSignal): Promise<string | null>;
  close(): Promise<void>;
};

/** `status` is the server's enhanced status code (RFC 3463), where it gave one. */
export class UndeliverableError extends Error {
  override name = 'UndeliverableError';
  readonly status: string | null;

  constructor(message: string, options: { status?: string | null } = {}) {
    super(message);
    this.status = options.status ?? null;
  }
}
