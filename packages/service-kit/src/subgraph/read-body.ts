import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { GatehouseError } from '../errors.ts';

const maxForgottenBytes = 16_777_216;

/** The whole request body as text (UTF-8, checked), or `PAYLOAD_TOO_LARGE` / `BAD_REQUEST`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes);
  if (isUtf8(bytes)) return withoutMark(bytes.toString());
  throw new GatehouseError('BAD_REQUEST', 'The body is not valid UTF-8.');
}

/**
 * The whole request body, or `PAYLOAD_TOO_LARGE`. What is too large is read to its end and forgotten, within a bound: who is still sending
 * would miss the refusal.
 */
export function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = () => {
      request.off('data', take).off('end', end).off('error', fail).off('close', broken);
    };
    const fail = (error: Error) => {
      stop();
      reject(error);
    };
    const tooLarge = () =>
      fail(new GatehouseError('PAYLOAD_TOO_LARGE', `The body exceeds ${maxBytes} bytes.`));
    const broken = () => fail(new Error('the request ended before its body'));
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      if (size <= maxBytes + maxForgottenBytes) return;
      request.pause();
      tooLarge();
    };
    const end = () => {
      if (size > maxBytes) return tooLarge();
      stop();
      const [only, ...others] = chunks;
      resolve(only && others.length === 0 ? only : Buffer.concat(chunks));
    };
    request.on('data', take).once('end', end).once('error', fail).once('close', broken);
  });
}

const byteOrderMark = '\ufeff';
const withoutMark = (text: string): string => (text.startsWith(byteOrderMark) ? text.slice(1) : text);
