import type { Dispatcher } from 'undici';
import type { SubgraphRequest, SubgraphResult } from './connection.ts';

type Options = {
  dispatcher: Dispatcher;
  /** Until the subgraph has taken the stream on. */
  timeoutMs: number;
  request: SubgraphRequest;
  headersFor(request: SubgraphRequest): Promise<Record<string, string>>;
};

/** The protocol has a subgraph say every 12 s that it is there. */
const silentMs = 30_000;

/**
 * Events of a remote subgraph by the graphql-sse protocol, "distinct connections" mode. Read as they are asked for, so
 * that the subgraph waits for a slow client. Throws when the stream is lost: resuming is the client's to decide.
 */
export async function* remoteEvents(options: Options): AsyncGenerator<SubgraphResult, void> {
  const { dispatcher, request, headersFor, timeoutMs } = options;
  const { query, operationName, variables, signal } = request;
  const response = await dispatcher.request({
    method: 'POST',
    path: '/graphql/stream',
    headers: { ...(await headersFor(request)), accept: 'text/event-stream' },
    body: JSON.stringify({ query, operationName, variables }),
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: silentMs,
  });
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw new Error(`the subgraph refused the stream with ${response.statusCode}`);
  }
  for await (const message of messagesOf(response.body)) {
    if (/^event: complete$/m.test(message)) return;
    const data = /^data: (.+)$/m.exec(message)?.[1];
    if (data) yield JSON.parse(data) as SubgraphResult;
  }
  throw new Error('the stream ended without saying so');
}

/** Messages of an event stream (HTML, "Server-sent events"), which end with an empty line. */
async function* messagesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const utf8 = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += utf8.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
}
