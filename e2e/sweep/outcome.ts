import type { Answer, Stream } from '@gatehouse/testkit/clients';
import type { Outcome } from './access.ts';

/** What an answer amounts to. `marks` are strings that only an answer about the victim can hold. */
export function outcomeOf(answer: Answer<Record<string, unknown>>, marks: readonly string[]): Outcome {
  const text = JSON.stringify(answer);
  if (marks.some((mark) => text.includes(mark))) return 'victim';
  const [error] = answer.errors;
  if (error) return error.extensions.code;
  return isEmpty(answer.data) ? 'nothing' : 'own';
}

/** Null, an empty list, or an object with nothing else inside. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.every(isEmpty);
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

/**
 * What a subscription delivers of the victim's, who `stirs` meanwhile. Silence proves nothing by itself: where a refusal is
 * `expected`, it is given the time to arrive.
 */
export async function streamOutcome(
  stream: Stream<Record<string, unknown>>,
  expected: Outcome | undefined,
  stir: () => Promise<unknown>,
): Promise<Outcome> {
  try {
    await stream.silent(100);
    await stir();
    if (await stream.silent(expected === 'nothing' ? 300 : 5_000)) return 'nothing';
    return await stream.next(1).then(
      () => 'victim',
      async () => (await stream.ended()) ?? 'nothing',
    );
  } finally {
    stream.close();
  }
}
