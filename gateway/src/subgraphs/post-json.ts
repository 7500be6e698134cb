import type { Pool } from 'undici';

export type Answer = { status: number; text: string };

const byteOrderMark = '\ufeff';

/**
 * Posts JSON and reads the whole answer, on undici's handler interface: without the streams that `request` makes for each
 * answer. Rejects when the connection fails or the signal aborts.
 */
export function postJson(
  pool: Pool,
  given: { path: string; headers: string[]; body: string; signal: AbortSignal | undefined },
): Promise<Answer> {
  const { signal } = given;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const chunks: Buffer[] = [];
    let status = 0;
    let stop: ((reason: Error) => void) | undefined;
    const onAbort = () => {
      stop?.(signal?.reason as Error);
      reject(signal?.reason);
    };
    const settled = () => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });

    const { path, headers, body } = given;
    pool.dispatch(
      { method: 'POST', path, headers, body },
      {
        onRequestStart(controller) {
          if (signal?.aborted) controller.abort(signal.reason as Error);
          else stop = (reason) => controller.abort(reason);
        },
        onResponseStart(_, statusCode) {
          status = statusCode;
        },
        onResponseData(_, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          settled();
          const text = (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString();
          resolve({ status, text: text.startsWith(byteOrderMark) ? text.slice(1) : text });
        },
        onResponseError(_, error) {
          settled();
          reject(error);
        },
      },
    );
  });
}
