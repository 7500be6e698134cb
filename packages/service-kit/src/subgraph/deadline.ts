/**
 * The time that a fetch has, which also ends when its client has gone. There is one for each fetch, so it is made to be cheap:
 * an AbortSignal only for who asks for one.
 */
export class Deadline {
  readonly #until: number;
  readonly #gone: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #leave = () => this.#finish(this.#gone?.reason as Error);
  #reason: Error | undefined;
  #isOver = false;
  #listener: ((reason: Error) => void) | undefined;
  #controller: AbortController | undefined;

  /** `gone` is the client's signal. */
  constructor(timeoutMs: number, gone: AbortSignal | undefined) {
    this.#until = Date.now() + timeoutMs;
    this.#gone = gone;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#finish(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    if (gone?.aborted) this.#leave();
    else gone?.addEventListener('abort', this.#leave, { once: true });
  }

  #finish(reason: Error): void {
    this.#reason = reason;
    this.#listener?.(reason);
    this.#controller?.abort(reason);
  }

  /** Whom to tell, once, that nobody waits any longer; at once when that is so already. One listener at a time. */
  whenEnded(listener: ((reason: Error) => void) | undefined): void {
    this.#listener = listener;
    if (this.#reason) listener?.(this.#reason);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Why nobody waits any longer. */
  get reason(): Error | undefined {
    return this.#reason;
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

  /** To be called when the fetch is done. */
  end(): void {
    clearTimeout(this.#timer);
    this.#gone?.removeEventListener('abort', this.#leave);
  }
}
