/** A signal that aborts when the time is over or when the client has gone; one per fetch, so made to be cheap. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #until: number;
  readonly #gone: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #leave = () => this.#controller.abort(this.#gone?.reason);
  #isOver = false;

  /** `gone` is the client's signal. */
  constructor(timeoutMs: number, gone: AbortSignal | undefined) {
    this.#until = Date.now() + timeoutMs;
    this.#gone = gone;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    if (gone?.aborted) this.#leave();
    else gone?.addEventListener('abort', this.#leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isGone(): boolean {
    return this.#gone?.aborted ?? false;
  }

  get leftMs(): number {
    return this.#until - Date.now();
  }

  /** To be called when nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#gone?.removeEventListener('abort', this.#leave);
  }
}
