/** Run by a test in a process of its own: streams 200 MB in and out and prints by how many bytes RSS rose. */
import { silentLogger } from '@gatehouse/testkit';
import { openDatabase, openPostgresBlobStore } from '../src/index.ts';
import { openMongoBlobStore } from '../src/mongodb/index.ts';

const megabyte = 1024 * 1024;
const url = process.argv[2] ?? '';
const database = openDatabase({ url, schema: 'platform', poolSize: 4, applicationName: 'test' });
const store = url.startsWith('mongodb')
  ? openMongoBlobStore({ url, logger: silentLogger })
  : openPostgresBlobStore(database);
const piece = Buffer.alloc(64 * 1024, 'gatehouse');

async function* source(megabytes: number) {
  for (let n = 0; n < megabytes * 16; n++) yield piece;
}

async function roundTrip(id: string, megabytes: number): Promise<void> {
  const { size } = await store.write(id, source(megabytes), { maxBytes: 1e9 });
  let bytes = 0;
  for await (const part of await store.read(id)) bytes += part.length;
  if (size !== megabytes * megabyte || bytes !== size) throw new Error(`${size} in, ${bytes} out`);
}

// The collector lets about 64 MB of buffers pile up before it looks at them for the first time.
await roundTrip('warm-up', 70);
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10);
await roundTrip('large', 200);
clearInterval(watch);
await store.close();
await database.close();
process.stdout.write(String(peak - before));
