import type { Answer, GatehouseClient, Person } from '@gatehouse/testkit/clients';
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

/** What a subscription delivers of the victim's, who `stirs` meanwhile. */
export async function streamOutcome(
  client: GatehouseClient,
  document: string,
  variables: Record<string, unknown>,
  stir: () => Promise<unknown>,
): Promise<Outcome> {
  const stream = client.subscribe(document, variables);
  try {
    if (!(await stream.silent(150))) return (await stream.ended(500)) ?? 'nothing';
    await stir();
    return (await stream.silent(400)) ? 'nothing' : 'victim';
  } finally {
    stream.close();
  }
}

export type Caller = { client: GatehouseClient; person: Person | null };
