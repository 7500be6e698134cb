import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { type GatehouseClient, type Mail, Mailbox } from '@gatehouse/testkit/clients';
import { runEngine } from '../../../scripts/engines/engine-process.ts';
import type { RunningEngine } from '../../../scripts/engines/index.ts';
import { freePorts } from '../../topology/free-ports.ts';

/** A mail server, and the mailbox of everybody whom it takes mails for. */
export async function startSmtp(
  parent: string | undefined,
): Promise<RunningEngine & { mailbox(client: GatehouseClient): Mailbox }> {
  const port = await freePorts(1);
  let file = '';
  const server = await runEngine({
    name: 'smtp',
    parent,
    launch: async (folder) => {
      file = join(folder, 'mails');
      return {
        command: process.execPath,
        args: [resolve(import.meta.dirname, 'serve-smtp.ts'), String(port), file],
        url: `smtp://127.0.0.1:${port}`,
      };
    },
    answers: () => answers(port),
  });
  return { ...server, mailbox: (client) => new SmtpMailbox(client, file) };
}

/** What a mail server took. Where its answer was lost it was sent again: that is the same mail twice. */
class SmtpMailbox extends Mailbox {
  readonly #file: string;

  constructor(client: GatehouseClient, file: string) {
    super(client);
    this.#file = file;
  }

  override async mailsTo(address: string): Promise<Mail[]> {
    if (!existsSync(this.#file)) return [];
    const mails = new Map<string | null, Mail>();
    // The last piece is a line that is still being written, or nothing.
    for (const line of readFileSync(this.#file, 'utf8').split('\n').slice(0, -1)) {
      if (!line.includes(address)) continue;
      const mail = JSON.parse(line) as Mail;
      if (mail.to === address) mails.set(mail.messageId, mail);
    }
    return [...mails.values()].reverse();
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
