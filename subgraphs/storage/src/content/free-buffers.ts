import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

/** V8's collector, without `--expose-gc` on the command line; the global scope does not get it. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as Collect;

const everyBytes = 2 * 1024 * 1024;
let passed = 0;

/**
 * Frees the buffers that streams have dropped, every 2 MiB that pass. They lie outside V8's heap, which does not act until
 * 64 MB of them have piled up. Measured with 200 MB into PostgreSQL and out again: peak +4 MB instead of +60 and
 * +5 MB instead of +90, in the same time. A minor collection takes about a millisecond.
 */
export function freeBuffers(bytes: number): void {
  passed += bytes;
  if (passed < everyBytes) return;
  passed = 0;
  collect({ type: 'minor' });
}

/** Lets chunks through as they are. */
export async function* freeingBuffers(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield chunk;
    freeBuffers(chunk.length);
  }
}
