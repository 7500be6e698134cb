import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@gatehouse/service-kit';
import type { ClientConnection } from '../operation/exchange.ts';

const lastMessageMs = 3_000;

/** The connection of one request over HTTP. */
export class HttpConnection implements ClientConnection {
  readonly #response: ServerResponse;
  #gone: AbortController | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  signal(): AbortSignal {
    if (this.#gone) return this.#gone.signal;
    const response = this.#response;
    const gone = new AbortController();
    this.#gone = gone;
    if (response.destroyed) gone.abort();
    // An answer that has left needs nobody to stop.
    else response.once('close', () => response.writableFinished || gone.abort());
    return gone.signal;
  }

  /** A client that has fallen behind may not take its last message either: the connection ends shortly after. */
  end(code: ErrorCode): void {
    if (code === 'RESUME_REQUIRED') setTimeout(() => this.#response.destroy(), lastMessageMs).unref();
  }
}
