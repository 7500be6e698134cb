import type { GatehouseClient } from './gatehouse-client.ts';

export type Mail = {
  id: string;
  channel: 'email' | 'sms';
  from: string;
  to: string;
  subject: string;
  /** Null with an SMS. */
  messageId: string | null;
  text: string;
  html: string;
  createdAt: string;
};

const pollMs = 50;

/** The development mailbox, read the way a person would: wait for the mail, follow its link. */
export class Mailbox {
  readonly #client: GatehouseClient;

  constructor(client: GatehouseClient) {
    this.#client = client;
  }

  /** Mails to an address, newest first. */
  async mailsTo(address: string): Promise<Mail[]> {
    const url = `${this.#client.options.url}/dev/mailbox?to=${encodeURIComponent(address)}`;
    const response = await this.#client.fetch(url, { headers: { accept: 'application/json' } });
    const mails = (await response.json()) as Mail[];
    return mails.filter(({ to }) => to.toLowerCase() === address.toLowerCase());
  }

  /** The newest mail to an address whose subject matches, waited for. */
  async waitForMail(
    wanted: { to: string; subject?: RegExp; count?: number },
    timeoutMs = 10_000,
  ): Promise<Mail> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const mails = (await this.mailsTo(wanted.to)).filter(
        ({ subject }) => !wanted.subject || wanted.subject.test(subject),
      );
      const [newest] = mails;
      if (newest && mails.length >= (wanted.count ?? 1)) return newest;
      if (Date.now() > deadline) {
        throw new Error(
          `no mail to ${wanted.to} about ${wanted.subject ?? 'anything'} within ${timeoutMs} ms`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** The code of the newest SMS to a number, waited for. */
  async waitForTextedCode(wanted: { to: string; count?: number }): Promise<string> {
    const { text } = await this.waitForMail(wanted);
    const code = /^\d{6}\b/.exec(text)?.[0];
    if (!code) throw new Error(`no code in: ${text}`);
    this.#client.options.onSecret?.(code);
    return code;
  }

  /** The code in the link of a mail. */
  codeOf(mail: Mail): string {
    const link = /https?:\/\/\S+[?&]code=\S+/.exec(mail.text)?.[0];
    const code = link && new URL(link).searchParams.get('code');
    if (!code) throw new Error(`no link with a code in: ${mail.text}`);
    this.#client.options.onSecret?.(code);
    return code;
  }
}
