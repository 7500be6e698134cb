import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Question } from './storage-process.ts';

const mebibyte = 1024 * 1024;
let child: ChildProcess;

const answerOf = async <T>() => ((await once(child, 'message')) as [{ answer: T }])[0].answer;
const ask = <T>(question: Question): Promise<T> => {
  const answer = answerOf<T>();
  child.send(question);
  return answer;
};

beforeAll(async () => {
  child = fork(fileURLToPath(new URL('storage-process.ts', import.meta.url)));
  await answerOf();
});
afterAll(() => ask({ ask: 'stop' }));

/** Sends `size` bytes and gets them back; answers both hashes. */
async function roundTrip(size: number): Promise<{ sent: string; received: string; status: number }> {
  const { uploadUrl, documentId } = await ask<{ uploadUrl: string; documentId: string }>({
    ask: 'announce',
    size,
  });
  const block = randomBytes(mebibyte);
  const sent = createHash('sha256');
  let left = size;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      block.writeUInt32LE(left % 2 ** 32);
      const part = Uint8Array.prototype.slice.call(block, 0, Math.min(left, block.length));
      left -= part.length;
      sent.update(part);
      controller.enqueue(part);
      if (left === 0) controller.close();
    },
  });
  const { status } = await fetch(uploadUrl, { method: 'PUT', body, duplex: 'half' } as RequestInit);
  const received = createHash('sha256');
  const { url } = await ask<{ url: string }>({ ask: 'url', id: documentId });
  const answer = await fetch(url);
  for await (const chunk of answer.body ?? []) received.update(chunk);
  return { status, sent: sent.digest('hex'), received: received.digest('hex') };
}

test('200 MB go in and out within 60 MB of memory', async () => {
  await roundTrip(2 * mebibyte);
  const { now: before } = await ask<{ now: number }>({ ask: 'rss' });
  const { status, sent, received } = await roundTrip(200 * mebibyte);
  expect(status).toBe(201);
  expect(received).toBe(sent);
  const { peak } = await ask<{ peak: number }>({ ask: 'rss' });
  expect((peak - before) / mebibyte).toBeLessThanOrEqual(60);
}, 60_000);
