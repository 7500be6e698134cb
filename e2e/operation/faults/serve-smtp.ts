// A mail server: `node serve-smtp.ts PORT FILE`. Of each mail it takes it writes recipient and Message-ID, before it says that it took it.
import { appendFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const [port, file = ''] = process.argv.slice(2);
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  logger: false,
  onData(stream, { envelope }, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const id = /^Message-ID: (\S+)/im.exec(Buffer.concat(chunks).toString())?.[1];
      appendFileSync(file, `${JSON.stringify({ to: envelope.rcptTo[0]?.address, id })}\n`);
      done();
    });
  },
});
server.on('error', () => {});
server.listen(Number(port), '127.0.0.1');
