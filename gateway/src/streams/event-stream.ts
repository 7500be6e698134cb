import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { print } from 'graphql-sse';
import type { Result, ResultStream } from '../operation/exchange.ts';

/**
 * Results as server-sent events: the "distinct connections" mode of the graphql-sse protocol. The next result is asked
 * for when the last one has left, so a slow client makes the stream wait, and the stream's own bound applies.
 */
export async function sendEventStream(
  response: ServerResponse,
  stream: ResultStream,
  keepAliveMs: number,
): Promise<void> {
  const close = () => void stream.return();
  response.once('close', close);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write(':\n\n');
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(':\n\n');
  }, keepAliveMs).unref();
  try {
    for await (const result of stream) {
      await write(response, print({ event: 'next', data: result as never }));
    }
    await write(response, print({ event: 'complete', data: null }));
  } finally {
    clearInterval(keepAlive);
    response.off('close', close);
    response.end();
  }
}

async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.write(text)) return;
  await Promise.race([once(response, 'drain'), once(response, 'close')]);
}

/** One result as a stream. */
export function singleResult(result: Result): ResultStream {
  const results = (async function* () {
    yield result;
  })();
  return results as unknown as ResultStream;
}
