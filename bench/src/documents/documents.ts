import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GatehouseClient, people } from '@gatehouse/testkit/clients';
import { createDeployment } from '../../../e2e/topology/deployment.ts';
import { startEngine } from '../../../scripts/engines/index.ts';
import { median } from '../gateways.ts';
import { firstSignIn } from '../identity/targets.ts';
import { residentMb, startAsker } from '../processes.ts';
import type { TransferOrder, Transferred } from './transfer.ts';

/** Megabytes a second, up and down. */
export type Throughput = { up: number; down: number };
export type DocumentsResults = {
  megabytes: number;
  /** Content in PostgreSQL, and in MongoDB; null without MongoDB. */
  postgres: Throughput;
  mongodb: Throughput | null;
  /** The driver's own GridFS on the same MongoDB, without the product. */
  gridfs: Throughput | null;
  /** A file, written and synchronized, and read again. */
  disk: Throughput;
  /** Resident memory of the product: before, and the most of it while a large document went in and out again. */
  large: { content: string; megabytes: number; beforeMb: number; mostMb: number }[];
};

const megabyte = 1024 * 1024;
/** What a round moves: enough for a steady pace, little enough for many rounds. */
const roundMegabytes = 128;
const residentEveryMs = 50;

type Size = { rounds: number; megabytes: number };
type Asker = ReturnType<typeof startAsker>;

/** Documents through the public port of the standalone product, beside GridFS and the disk themselves. */
export async function measureDocuments(size: Size): Promise<DocumentsResults> {
  const closing: (() => unknown)[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const transfer = startAsker('./documents/transfer.ts');
    closing.push(transfer.stop);
    const engine = await startEngine('mongodb').catch(() => undefined);
    if (engine) closing.push(engine.stop);

    const { rounds } = size;
    const disk = await rawDisk(transfer, join(folder, 'raw'), rounds);
    const postgres = await measureProduct(transfer, {}, size);
    const gridfs = engine ? await rawGridfs(transfer, engine.url, rounds) : null;
    const mongodb = engine ? await measureProduct(transfer, { MONGODB_URL: engine.url }, size) : null;
    return {
      megabytes: roundMegabytes,
      postgres: postgres.throughput,
      mongodb: mongodb?.throughput ?? null,
      gridfs,
      disk,
      large: [
        { content: 'PostgreSQL', ...postgres.large },
        ...(mongodb ? [{ content: 'MongoDB', ...mongodb.large }] : []),
      ],
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

const bytes = roundMegabytes * megabyte;
const timed = async (transfer: Asker, order: TransferOrder) =>
  (await transfer.ask<Transferred>(order)).milliseconds;

/** The median of some rounds, each up and down, after one that does not count. */
async function throughput(
  rounds: number,
  round: (n: number) => Promise<{ up: number; down: number }>,
): Promise<Throughput> {
  const ups: number[] = [];
  const downs: number[] = [];
  await round(0);
  for (let n = 1; n <= rounds; n++) {
    const { up, down } = await round(n);
    ups.push((roundMegabytes * 1_000) / up);
    downs.push((roundMegabytes * 1_000) / down);
  }
  return { up: median(ups) ?? 0, down: median(downs) ?? 0 };
}

const rawDisk = (transfer: Asker, path: string, rounds: number) =>
  throughput(rounds, async () => ({
    up: await timed(transfer, { do: 'disk-write', path, bytes }),
    down: await timed(transfer, { do: 'disk-read', path, bytes }),
  }));

const rawGridfs = (transfer: Asker, url: string, rounds: number) =>
  throughput(rounds, async (n) => {
    const name = `raw ${n}`;
    const up = await timed(transfer, { do: 'gridfs-write', url, name, bytes });
    const down = await timed(transfer, { do: 'gridfs-read', url, name, bytes });
    await transfer.ask<Transferred>({ do: 'gridfs-delete', url, name });
    return { up, down };
  });

async function measureProduct(transfer: Asker, env: Record<string, string>, { rounds, megabytes }: Size) {
  const most = String(Math.max(megabytes, roundMegabytes) * megabyte);
  const deployment = await createDeployment('standalone', {
    LOG_LEVEL: 'error',
    METRICS_PORT: '',
    MAX_UPLOAD_BYTES: most,
    USER_QUOTA_BYTES: String(Number(most) * 4),
    ...env,
  });
  try {
    await deployment.start();
    const { url, administrator } = deployment;
    const { signIn } = people({ url, administrator });
    const { client } = await firstSignIn(() => signIn(administrator));
    const move = (size: number) => roundTrip(transfer, client, size);
    const pace = await throughput(rounds, () => move(bytes));
    const resident = () => residentMb(deployment.pid());
    const beforeMb = resident();
    let mostMb = beforeMb;
    const watching = setInterval(() => {
      mostMb = Math.max(mostMb, resident());
    }, residentEveryMs);
    await move(megabytes * megabyte).finally(() => clearInterval(watching));
    return { throughput: pace, large: { megabytes, beforeMb, mostMb } };
  } finally {
    await deployment.remove();
  }
}

type Announced = { createUpload: { documentId: string; uploadUrl: string; method: string } };

/** A document in and out again, and deleted: how long either took. */
async function roundTrip(transfer: Asker, client: GatehouseClient, size: number) {
  const { createUpload } = await client.ask<Announced>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl method } }',
    { input: { name: 'large.pdf', size } },
  );
  const { documentId: id, uploadUrl, method } = createUpload;
  const up = await timed(transfer, { do: 'upload', url: uploadUrl, method, bytes: size });
  const { document } = await client.ask<{ document: { downloadUrl: string } }>(
    'query ($id: ID!) { document(id: $id) { downloadUrl } }',
    { id },
  );
  const down = await timed(transfer, { do: 'download', url: document.downloadUrl, bytes: size });
  await client.ask(
    'mutation ($input: DeleteDocumentInput!) { deleteDocument(input: $input) { __typename } }',
    {
      input: { documentId: id },
    },
  );
  return { up, down };
}
