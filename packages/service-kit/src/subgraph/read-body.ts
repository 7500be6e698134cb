import type { IncomingMessage } from 'node:http';
import { GatehouseError } from '../errors.ts';

/** The whole request body as text (UTF-8, checked), or `PAYLOAD_TOO_LARGE` / `BAD_REQUEST`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // What is too large is left unread, and the connection usable for the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new GatehouseError('PAYLOAD_TOO_LARGE', `The body exceeds ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new GatehouseError('BAD_REQUEST', 'The body is not valid UTF-8.');
  }
}
