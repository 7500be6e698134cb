import { GatehouseError } from '@gatehouse/service-kit';
import { findContentType, headBytes, isAllowed } from './find-content-type.ts';

type Expected = { name: string; size: number; allowedTypes: readonly string[] };

/**
 * Lets content through as it comes, refusing it as soon as it is more than announced, of a type that is not taken, or
 * less than announced at its end. `contentType` is known once the first bytes have passed.
 */
export function checkContent(source: AsyncIterable<Buffer>, expected: Expected) {
  let contentType = 'application/octet-stream';

  async function* checked(): AsyncGenerator<Buffer> {
    let size = 0;
    let head: Buffer[] | null = [];
    let held = 0;

    const release = async (chunks: Buffer[]) => {
      contentType = await findContentType(Buffer.concat(chunks), expected.name);
      if (!isAllowed(contentType, expected.allowedTypes)) {
        throw new GatehouseError(
          'UNSUPPORTED_MEDIA_TYPE',
          `Content of the type ${contentType} is not taken.`,
        );
      }
      head = null;
      return chunks;
    };

    for await (const chunk of source) {
      size += chunk.length;
      if (size > expected.size) {
        throw new GatehouseError(
          'PAYLOAD_TOO_LARGE',
          `More than the announced ${expected.size} bytes were sent.`,
        );
      }
      if (head === null) {
        yield chunk;
        continue;
      }
      head.push(chunk);
      held += chunk.length;
      if (held >= headBytes) yield* await release(head);
    }
    if (size < expected.size) {
      throw new GatehouseError(
        'BAD_USER_INPUT',
        `${size} bytes were sent, ${expected.size} were announced.`,
        {
          fields: [{ path: 'size', message: 'is not the number of bytes sent' }],
        },
      );
    }
    if (head !== null) yield* await release(head);
  }

  return { chunks: checked, contentType: () => contentType };
}
