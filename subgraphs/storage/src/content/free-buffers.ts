import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'minor' }) => void;

/** V8's collector, without `--expose-gc` on the command line; the global scope does not get it. */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as Collect;

const everyBytes = 4 * 1024 * 1024;
let passed = 0;

/**
 * Frees the buffers that streams have dropped, every 4 MiB that pass. They lie outside V8's heap, which does not act until 64 MB
 * of them have piled up. Measured with 200 MB out of PostgreSQL: peak +5 MB instead of +50 in, +40 instead of +90
 * out, in the same time; a minor collection takes about a millisecond.
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
