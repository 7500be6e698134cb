import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Admin, Consumer } from '@platformatic/kafka';
import pg from 'pg';

/**
 * Looks for every secret the clients used in the deployment's log, its metrics, its events and its audit log, where none may ever be.
 * Answers the lines, with the secret shortened.
 */
export async function findSecrets(where: {
  secretsFile: string;
  logFile: string;
  databaseUrl: string;
  kafkaBrokers: string | null;
  metricsUrls: Readonly<Record<string, string>>;
}): Promise<string[]> {
  const secrets = [...new Set(readFileSync(where.secretsFile, 'utf8').split('\n').filter(Boolean))];
  const log = readFileSync(where.logFile, 'utf8');
  const published = where.kafkaBrokers ? await messagesOf(where.kafkaBrokers) : '';
  const events = `${await eventsOf(where.databaseUrl)}\n${published}`;
  const metrics = await metricsOf(where.metricsUrls);
  return secrets.flatMap((secret) => [
    ...linesWith(secret, log, 'log'),
    ...linesWith(secret, events, 'event'),
    // Counts and durations hold any few digits.
    ...(/^\d+$/.test(secret) ? [] : linesWith(secret, metrics, 'metric')),
  ]);
}

function linesWith(secret: string, text: string, place: string): string[] {
  const at = placeOf(secret, text);
  if (at < 0) return [];
  const before = text.slice(Math.max(0, at - 120, text.lastIndexOf('\n', at) + 1), at);
  return [`${place}: …${before}«${secret.slice(0, 4)}…»`];
}

/** Where a secret is in a text, or -1. Codes of a few digits only count alone: any digest or fraction of a second may hold them. */
function placeOf(secret: string, text: string): number {
  if (!/^\d{1,8}$/.test(secret)) return text.indexOf(secret);
  return text.search(new RegExp(`(?<![0-9A-Za-z]|\\d\\.|"pid":)${secret}(?![0-9A-Za-z])`));
}

/** What all processes tell. */
async function metricsOf(urls: Readonly<Record<string, string>>): Promise<string> {
  const told = await Promise.all(Object.values(urls).map(async (url) => (await fetch(url)).text()));
  return told.join('\n');
}

/** Every row of every outbox, queue, dead-letter and audit table, as text. */
async function eventsOf(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_name ~ '(outbox|event|dead_letter|audit)'
         and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select r::text as row from ${name} r`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}

const [earliest, latest] = [-2n, -1n];

/** Every message that is in Kafka now, with its key and headers, as text. */
async function messagesOf(brokers: string): Promise<string> {
  const client = { clientId: 'find-secrets', bootstrapBrokers: brokers.split(',') };
  const admin = new Admin(client);
  const topics = await admin.listTopics().finally(() => admin.close());
  const consumer = new Consumer({ ...client, groupId: `find-secrets-${randomUUID()}` });
  const total = async (timestamp: bigint) =>
    [...(await consumer.listOffsets({ topics, timestamp })).values()]
      .flat()
      .reduce((sum, one) => sum + one, 0n);
  try {
    const count = Number((await total(latest)) - (await total(earliest)));
    if (count === 0) return '';
    const texts: string[] = [];
    const stream = await consumer.consume({ topics, mode: 'earliest', autocommit: false });
    for await (const { key, value, headers } of stream) {
      if (texts.push([key, value, ...[...headers].flat()].join(' ')) === count) break;
    }
    return texts.join('\n');
  } finally {
    await consumer.close(true);
  }
}
