import type { ErrorCode } from '@gatehouse/service-kit';
import { type Fetch, fetchAsHost } from './fetch-as-host.ts';
import { secretsIn } from './secrets.ts';
import { openSseStream, openWebSocketStream, type Stream } from './stream.ts';

export type AnswerError = {
  message: string;
  path?: (string | number)[];
  extensions: { code: ErrorCode; fields?: { path: string; message: string }[]; [name: string]: unknown };
};

export type Answer<Data> = {
  data: Data | null;
  errors: AnswerError[];
  status: number;
  headers: Headers;
};

export type ClientOptions = {
  /** Of the public port, without a path. */
  url: string;
  /** Host header, when another than the URL's: the way to another tenant. */
  host?: string;
  /** The address of this machine that requests come from. */
  from?: string;
  accessToken?: string;
  /** Told of every password, code and token that passes, so that a test can look for them where they must not be. */
  onSecret?(secret: string): void;
};

type Variables = Record<string, unknown>;

/** A client of the public port as a program would write it: fetch, graphql-ws and graphql-sse. */
export class GatehouseClient {
  readonly options: ClientOptions;
  readonly fetch: Fetch;

  constructor(options: ClientOptions) {
    this.options = options;
    this.fetch = fetchAsHost(options.host, options.from);
  }

  /** The same client with a token, or without one. */
  as(accessToken: string | undefined): GatehouseClient {
    return new GatehouseClient({ ...this.options, accessToken });
  }

  /** The same client at another address of this machine (127.0.0.0/8). */
  at(from: string): GatehouseClient {
    return new GatehouseClient({ ...this.options, from });
  }

  get headers(): Record<string, string> {
    const { accessToken } = this.options;
    return accessToken ? { authorization: `Bearer ${accessToken}` } : {};
  }

  /** The answer as it is: data, errors, status. */
  async graphql<Data = Variables>(document: string, variables: Variables = {}): Promise<Answer<Data>> {
    return await this.post<Data>(JSON.stringify({ query: document, variables }), variables);
  }

  /** A body of the caller's making, whole or broken. */
  async post<Data = Variables>(
    body: string | Uint8Array,
    variables: Variables = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<Data>> {
    const response = await this.fetch(`${this.options.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...this.headers,
        ...headers,
      },
      body,
    });
    const text = await response.text();
    const answer = parseAnswer<Data>(text, response.status);
    for (const secret of [...secretsIn(variables), ...secretsIn(answer.data)])
      this.options.onSecret?.(secret);
    return {
      data: answer.data ?? null,
      errors: answer.errors ?? [],
      status: response.status,
      headers: response.headers as unknown as Headers,
    };
  }

  /** The data of an operation that must succeed. */
  async ask<Data = Variables>(document: string, variables: Variables = {}): Promise<Data> {
    const { data, errors } = await this.graphql<Data>(document, variables);
    if (errors.length > 0 || data === null) throw new Error(`${document.trim()}\n${JSON.stringify(errors)}`);
    return data;
  }

  /** The code that an operation is refused with; `null` when it is answered without an error. */
  async refusal(document: string, variables: Variables = {}): Promise<ErrorCode | null> {
    const { errors } = await this.graphql(document, variables);
    return errors[0]?.extensions.code ?? null;
  }

  subscribe<Data = Variables>(
    document: string,
    variables: Variables = {},
    over: 'websocket' | 'sse' = 'websocket',
  ): Stream<Data> {
    const open = over === 'websocket' ? openWebSocketStream : openSseStream;
    return open<Data>(this, { query: document, variables });
  }
}

function parseAnswer<Data>(text: string, status: number): { data?: Data | null; errors?: AnswerError[] } {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${status} with a body that is not JSON: ${text.slice(0, 300)}`);
  }
}
