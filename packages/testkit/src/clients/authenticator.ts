import { Secret, TOTP } from 'otpauth';

const period = 30;
/** Steps that the server takes codes of, before and after its own. */
const tolerance = 1;

/** An authenticator app: every code it gives is of a later time step than the one before. */
export class Authenticator {
  readonly #totp: TOTP;
  #lastStep = 0;

  constructor(secret: string) {
    this.#totp = new TOTP({ secret: Secret.fromBase32(secret) });
  }

  /** A code that is good now and was not given before; waits when there is none left. */
  async next(): Promise<string> {
    for (;;) {
      const now = Math.floor(Date.now() / 1000 / period);
      const step = Math.max(this.#lastStep + 1, now - tolerance);
      if (step <= now + tolerance) {
        this.#lastStep = step;
        return this.codeOf(step);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Six digits that are no code of now, nor of any time near. */
  wrong(): string {
    const now = Math.floor(Date.now() / 1000 / period);
    const near = [-3, -2, -1, 0, 1, 2, 3].map((away) => this.codeOf(now + away));
    const guesses = ['000000', '111111', '222222', '333333', '444444', '555555', '666666', '777777'];
    return guesses.find((guess) => !near.includes(guess)) ?? '';
  }

  private codeOf(step: number): string {
    return this.#totp.generate({ timestamp: step * period * 1000 });
  }
}
