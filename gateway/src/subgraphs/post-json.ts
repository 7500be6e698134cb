import type { Deadline } from '@gatehouse/service-kit/subgraph';
import type { Pool } from 'undici';

export type Answer = { status: number; text: string };

const byteOrderMark = '\ufeff';

/**
 * Posts JSON and reads the whole answer, on undici's handler interface: without the streams that `request` makes for each
 * answer. Rejects when the connection fails or the deadline ends.
 */
export function postJson(
  pool: Pool,
  given: { path: string; headers: string[]; body: string; deadline: Deadline },
): Promise<Answer> {
  const { path, headers, body, deadline } = given;
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let others: Buffer[] | undefined;
    let status = 0;
    deadline.whenEnded(reject);
    pool.dispatch(
      { method: 'POST', path, headers, body },
      {
        onRequestStart(controller) {
          deadline.whenEnded((reason) => {
            controller.abort(reason);
            reject(reason);
          });
        },
        onResponseStart(_, statusCode) {
          status = statusCode;
        },
        onResponseData(_, chunk) {
          if (others) others.push(chunk);
          else if (first) others = [first, chunk];
          else first = chunk;
        },
        onResponseEnd() {
          deadline.whenEnded(undefined);
          const text = others ? Buffer.concat(others).toString() : (first?.toString() ?? '');
          resolve({ status, text: text.startsWith(byteOrderMark) ? text.slice(1) : text });
        },
        onResponseError(_, error) {
          deadline.whenEnded(undefined);
          reject(error);
        },
      },
    );
  });
}
