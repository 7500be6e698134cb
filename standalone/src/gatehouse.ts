import { parseArgs } from 'node:util';
import { StartupError } from '@gatehouse/service-kit';

const usage = `Usage: npm run gatehouse -- <command>

  keys rotate [--tenant HOST]   publish the next signing key of a tenant, or of all
  events list [--group GROUP]   events that could not be handled, oldest first
  events replay [--group GROUP] [ID…]
                                deliver them again, or some of them
  backup FILE                   everything of DATA_DIR into one archive, while an instance runs or not
  restore FILE [--replace]      DATA_DIR from an archive; --replace gives up what is in it`;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** What is done beside a running instance, on its database or its folder. Exit code 1, with one line, for what can't be done. */
async function run(): Promise<void> {
  const { positionals, values } = read();
  if (values.help) return void say(usage);
  const [noun, verb, ...rest] = positionals;
  if (noun === 'keys' && verb === 'rotate' && rest.length === 0) {
    const { rotateKeys } = await import('./commands/rotate-keys.ts');
    return await rotateKeys(values.tenant, say);
  }
  if (noun === 'events' && (verb === 'list' || verb === 'replay')) {
    const { commandEvents } = await import('./commands/events.ts');
    return await commandEvents({ what: verb, group: values.group, ids: rest }, say);
  }
  if (noun === 'backup' && verb !== undefined && rest.length === 0) {
    const { backup } = await import('./commands/backup.ts');
    return await backup(verb, say);
  }
  if (noun === 'restore' && verb !== undefined && rest.length === 0) {
    const { restore } = await import('./commands/restore.ts');
    return await restore(verb, { replace: values.replace === true }, say);
  }
  throw new StartupError(usage);
}

function read() {
  const options = {
    tenant: { type: 'string' },
    group: { type: 'string' },
    replace: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new StartupError(`${(error as Error).message}\n\n${usage}`);
  }
}

try {
  await run();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
