// A mail server: `node serve-smtp.ts PORT FILE`. It writes each mail to the file, as a line of JSON, before it says that it took it.
import { appendFileSync, statSync, truncateSync } from 'node:fs';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

const [port, file = ''] = process.argv.slice(2);

const page = 4_096;

/** Whether it is written, whole. */
function write(mail: object): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  try {
    const line = `${JSON.stringify(mail)}\n`;
    // Whole pages: on a disk that is full there is no room for the rest of one.
    appendFileSync(file, line.padStart(line.length + page - (Buffer.byteLength(line) % page)));
    return true;
  } catch {
    truncateSync(file, size);
    return false;
  }
}

async function take(chunks: Buffer[], to: string): Promise<Error | null> {
  const { from, subject, messageId, text, date } = await PostalMime.parse(Buffer.concat(chunks));
  if (write({ to, from: from?.address, subject, messageId, text, createdAt: date })) return null;
  return Object.assign(new Error('4.3.1 Insufficient system storage'), { responseCode: 452 });
}

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  logger: false,
  onData(stream, { envelope }, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => take(chunks, envelope.rcptTo[0]?.address ?? '').then(done, done));
  },
});
server.on('error', () => {});
server.listen(Number(port), '127.0.0.1');
