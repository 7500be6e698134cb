import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GridFSBucket, MongoClient } from 'mongodb';

/** One transfer, in a process of its own beside what serves it. Answers how long it took. */
export type TransferOrder =
  | { do: 'upload'; url: string; method: string; bytes: number }
  | { do: 'download'; url: string; bytes: number }
  | { do: 'gridfs-write'; url: string; name: string; bytes: number }
  | { do: 'gridfs-read'; url: string; name: string; bytes: number }
  | { do: 'gridfs-delete'; url: string; name: string }
  | { do: 'disk-write'; path: string; bytes: number }
  | { do: 'disk-read'; path: string; bytes: number };
export type Transferred = { milliseconds: number };

const pieceBytes = 64 * 1024;
/** Nothing that an engine could make smaller. It begins like a PDF, which is a type that is taken. */
const random = randomBytes(16 * 1024 * 1024);
random.write('%PDF-1.7\n');

function* pieces(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; ) {
    const at = sent % random.length;
    const piece = random.subarray(at, at + Math.min(pieceBytes, bytes - sent));
    yield piece;
    sent += piece.length;
  }
}

const source = (bytes: number) =>
  Readable.from(pieces(bytes), { objectMode: false, highWaterMark: 256 * 1024 });

/** Takes bytes and counts them. */
function sink(expected: number) {
  let taken = 0;
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      taken += chunk.length;
      done();
    },
  });
  const check = () => {
    if (taken !== expected) throw new Error(`${taken} bytes came instead of ${expected}`);
  };
  return { stream, check };
}

async function upload(url: string, method: string, bytes: number): Promise<void> {
  const outgoing = request(url, { method, headers: { 'content-length': bytes } });
  const answered = once(outgoing, 'response');
  await pipeline(source(bytes), outgoing);
  const [response] = await answered;
  const text = (await response.toArray()).join('');
  if (response.statusCode !== 201) throw new Error(`the upload was answered ${response.statusCode}: ${text}`);
}

async function download(url: string, bytes: number): Promise<void> {
  const outgoing = request(url).end();
  const [response] = await once(outgoing, 'response');
  if (response.statusCode !== 200) throw new Error(`the download was answered ${response.statusCode}`);
  const { stream, check } = sink(bytes);
  await pipeline(response, stream);
  check();
}

let mongo: { url: string; bucket: GridFSBucket } | undefined;
/** As the product asks for it: a write counts when a majority has it in the journal; chunks are of its size. */
function bucketAt(url: string): GridFSBucket {
  if (mongo?.url !== url) {
    const client = new MongoClient(url);
    const options = { bucketName: 'raw', chunkSizeBytes: 256 * 1024 };
    const writeConcern = { w: 'majority' as const, journal: true };
    mongo = { url, bucket: new GridFSBucket(client.db(), { ...options, writeConcern }) };
  }
  return mongo.bucket;
}

async function gridfsDelete(url: string, name: string): Promise<void> {
  const bucket = bucketAt(url);
  for await (const { _id } of bucket.find({ filename: name })) await bucket.delete(_id);
}

/** Written is what has reached the disk. */
async function diskWrite(path: string, bytes: number): Promise<void> {
  await pipeline(source(bytes), createWriteStream(path));
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}

async function readAll(from: Readable, bytes: number): Promise<void> {
  const { stream, check } = sink(bytes);
  await pipeline(from, stream);
  check();
}

async function run(order: TransferOrder): Promise<void> {
  if (order.do === 'upload') return await upload(order.url, order.method, order.bytes);
  if (order.do === 'download') return await download(order.url, order.bytes);
  if (order.do === 'disk-write') return await diskWrite(order.path, order.bytes);
  if (order.do === 'disk-read') return await readAll(createReadStream(order.path), order.bytes);
  if (order.do === 'gridfs-delete') return await gridfsDelete(order.url, order.name);
  const bucket = bucketAt(order.url);
  if (order.do === 'gridfs-read')
    return await readAll(bucket.openDownloadStreamByName(order.name), order.bytes);
  return await pipeline(source(order.bytes), bucket.openUploadStream(order.name));
}

process.on('message', async (order: TransferOrder) => {
  const began = performance.now();
  try {
    await run(order);
    process.send?.({ measured: { milliseconds: performance.now() - began } });
  } catch (error) {
    process.send?.({ problem: (error as Error).message });
  }
});
process.on('disconnect', () => process.exit(0));
