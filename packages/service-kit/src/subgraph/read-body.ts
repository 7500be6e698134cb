import type { IncomingMessage } from 'node:http';
import { GatehouseError } from '../errors.ts';

const maxForgottenBytes = 16_777_216;

/** The whole request body as text (UTF-8, checked), or `PAYLOAD_TOO_LARGE` / `BAD_REQUEST`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // What is too large is read to its end and forgotten, within a bound: who is still sending would miss the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes + maxForgottenBytes) break;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw new GatehouseError('PAYLOAD_TOO_LARGE', `The body exceeds ${maxBytes} bytes.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new GatehouseError('BAD_REQUEST', 'The body is not valid UTF-8.');
  }
}
