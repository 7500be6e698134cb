import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { GatehouseError } from '@gatehouse/service-kit';
import type { GraphqlParameters } from '../operation/exchange.ts';
import { bodyIsRead, watchBody } from './slow-bodies.ts';

/** A list of requests, none of which has been looked at. */
export type Batch = { batch: readonly unknown[] };

/** Told once, with the one or the other. */
type Done = (problem: Error | undefined, parameters?: GraphqlParameters | Batch) => void;

/** GraphQL parameters of a POST body: JSON in UTF-8, nothing else. What its headers say already is thrown at once. */
export function readPost(request: IncomingMessage, maxBytes: number, done: Done): void {
  const { headers } = request;
  if (headers['content-type'] !== 'application/json') checkMediaType(request);
  if (headers['content-encoding'] !== undefined) throw wrongMediaType();
  if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
  if (headers['content-length'] !== undefined) readKnown(request, done);
  else readUpTo(request, maxBytes).then((bytes) => tell(done, bytes), done);
}

function parametersOf(bytes: Buffer): GraphqlParameters | Batch {
  const body = parseJson(decode(bytes), 'The body');
  return Array.isArray(body) ? { batch: body } : readParameters(body);
}

function checkMediaType(request: IncomingMessage): void {
  const [type = '', ...rest] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = rest.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  const isJson = type.trim() === 'application/json' && (!charset || /^charset="?utf-?8"?$/.test(charset));
  if (!isJson) throw wrongMediaType();
}

const wrongMediaType = () =>
  new GatehouseError('UNSUPPORTED_MEDIA_TYPE', 'Send `content-type: application/json` in UTF-8.');

/** GraphQL parameters of a query string. */
export function readQueryString(search: string): GraphqlParameters {
  const given = new URLSearchParams(search);
  const json = (name: string) =>
    given.get(name) ? parseJson(given.get(name) ?? '', `\`${name}\``) : undefined;
  return readParameters({
    query: given.get('query') ?? undefined,
    documentId: given.get('documentId') ?? undefined,
    operationName: given.get('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  });
}

/** Checks the shape of the parameters (GraphQL over HTTP, "Request Parameters"); the rest is the plugins' work. */
export function readParameters(body: unknown): GraphqlParameters {
  if (!isRecord(body)) throw new GatehouseError('BAD_REQUEST', 'The request must be one JSON object.');
  const { query, documentId, operationName, variables, extensions } = body;
  if (query != null && typeof query !== 'string') throw wrong('query', 'a string');
  if (documentId != null && typeof documentId !== 'string') throw wrong('documentId', 'a string');
  if (operationName != null && typeof operationName !== 'string') throw wrong('operationName', 'a string');
  if (variables != null && !isRecord(variables)) throw wrong('variables', 'an object');
  if (extensions != null && !isRecord(extensions)) throw wrong('extensions', 'an object');
  return {
    query: query ?? undefined,
    documentId: documentId ?? undefined,
    operationName: operationName || undefined,
    variables: variables ?? {},
    extensions: extensions ?? {},
  };
}

const byteOrderMark = '\ufeff';

const wrong = (name: string, kind: string) =>
  new GatehouseError('BAD_REQUEST', `\`${name}\` must be ${kind}.`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A body whose length was stated within the limit: the HTTP parser lets no more than that through. */
function readKnown(request: IncomingMessage, done: Done): void {
  let first: Buffer | undefined;
  let others: Buffer[] | undefined;
  const place = watchBody(request);
  request.on('data', (chunk: Buffer) => {
    if (others) others.push(chunk);
    else if (first) others = [first, chunk];
    else first = chunk;
  });
  request.on('end', () => {
    bodyIsRead(place);
    tell(done, others ? Buffer.concat(others) : (first ?? nothing));
  });
  request.on('close', () => {
    if (request.readableEnded) return;
    bodyIsRead(place);
    done(new GatehouseError('BAD_REQUEST', 'The body ended early.'));
  });
}

function tell(done: Done, bytes: Buffer): void {
  let parameters: GraphqlParameters | Batch;
  try {
    parameters = parametersOf(bytes);
  } catch (error) {
    done(error as Error);
    return;
  }
  done(undefined, parameters);
}

const nothing = Buffer.alloc(0);

async function readUpTo(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const place = watchBody(request);
  try {
    // Not destroyed when it is too large: the client is to see the refusal.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof GatehouseError) throw error;
    throw new GatehouseError('BAD_REQUEST', 'The body ended early.');
  } finally {
    bodyIsRead(place);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

const tooLarge = (maxBytes: number) =>
  new GatehouseError('PAYLOAD_TOO_LARGE', `The body exceeds ${maxBytes} bytes.`);

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new GatehouseError('BAD_REQUEST', 'The body is not valid UTF-8.');
  const text = bytes.toString();
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatehouseError('BAD_REQUEST', `${what} is not valid JSON.`);
  }
}
