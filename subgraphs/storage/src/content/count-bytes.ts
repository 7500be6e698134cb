import type { Count, Metrics } from '@gatehouse/service-kit';

const definition = {
  name: 'gatehouse_storage_content_bytes_total',
  help: 'Bytes of content that came (up) or were read to be sent (down), finished or not.',
  labels: ['direction'],
} as const;

/** Bytes of content, in one direction. */
export const bytesOf = (metrics: Metrics, direction: 'up' | 'down'): Count =>
  metrics.counter(definition)({ direction });

/** Lets chunks through as they are. */
export async function* countingBytes(source: AsyncIterable<Buffer>, bytes: Count): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    bytes.add(chunk.length);
    yield chunk;
  }
}
