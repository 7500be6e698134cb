import { createHash } from 'node:crypto';
import { type AnswerError, type GatehouseClient, newContent } from '@gatehouse/testkit/clients';
import { type Kind, kinds } from './matrix.ts';
import { type Newcomers, startNewcomers } from './newcomers.ts';
import { type Story, watchEvents } from './watch-events.ts';

/** `ok`, the code of a refusal, or what else came of it. */
export type Outcome = { kind: Kind; startedAt: number; milliseconds: number; answer: string };

export type Traffic = {
  outcomes: readonly Outcome[];
  /** Resolves with the first outcome of the kind, of what began from then on, that satisfies. */
  next(kind: Kind, isMeant: (outcome: Outcome) => boolean, withinMs: number, from?: number): Promise<Outcome>;
  /** Expects nothing any more of documents accepted since then. */
  disregardDocuments(since: number): void;
  /**
   * Ends it; then every document that was accepted has to be there, whole, every security event to have come once and in order, and
   * everybody who registered to have one account that works, one mail and one of every effect.
   */
  stop(): Promise<{ documents: number; events: number; newcomers: number; wrong: string[] }>;
};

type Documents = Map<string, { digest: string; acceptedAt: number }>;

const pauseMs = 80;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What people do all day, from now on until it is stopped. */
export async function startTraffic(story: Story): Promise<Traffic> {
  const ada = await story.registerAndConfirm();
  const outcomes: Outcome[] = [];
  const accepted: Documents = new Map();
  let stopped = false;

  const timed = async (kind: Kind, work: () => Promise<string>): Promise<string> => {
    const startedAt = Date.now();
    const answer = await work().catch((error: Error) => `no answer: ${error.message}`);
    outcomes.push({ kind, startedAt, milliseconds: Date.now() - startedAt, answer });
    return answer;
  };
  const work: Record<Exclude<Kind, 'registration'>, () => Promise<string>> = {
    'token check': () => codeOf(ada.client, '{ me { id } }'),
    'sign-in': () =>
      codeOf(story.anyone, 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
        input: { identifier: ada.email, password: ada.password },
      }),
    'list of documents': () =>
      codeOf(ada.client, '{ me { documents(first: 5) { nodes { id name size } } } }'),
    notifications: () => codeOf(ada.client, '{ me { notifications(first: 5) { nodes { id } } } }'),
    upload: () => upload(ada.client, accepted),
    download: () => download(ada.client, accepted),
  };
  const loops = kinds.map(async (kind) => {
    while (!stopped && kind !== 'registration') {
      await timed(kind, work[kind]);
      await pause(pauseMs);
    }
  });
  const newcomers: Newcomers = await startNewcomers(story, (register) => timed('registration', register));
  const watching = watchEvents(ada, () => stopped);

  return {
    outcomes,
    async next(kind, isMeant, withinMs, from = Date.now()) {
      for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(20)) {
        const found = outcomes.find((one) => one.kind === kind && one.startedAt >= from && isMeant(one));
        if (found) return found;
      }
      throw new Error(`no such ${kind} within ${withinMs} ms; ${describe(outcomes, from)}`);
    },
    disregardDocuments(since) {
      for (const [id, { acceptedAt }] of accepted) if (acceptedAt >= since) accepted.delete(id);
    },
    async stop() {
      stopped = true;
      const arrived = newcomers.stop();
      await Promise.all(loops);
      const wrong: string[] = [];
      for (const [id, { digest }] of accepted) {
        const answer = await downloadOne(ada.client, id, digest);
        if (answer !== 'ok') wrong.push(`document ${id}: ${answer}`);
      }
      const { count, problems } = await arrived;
      const { seen, all } = await watching;
      if (seen.join() !== all.join()) wrong.push(`events: ${all.length} happened, ${seen.length} came`);
      return {
        documents: accepted.size,
        events: all.length,
        newcomers: count,
        wrong: [...wrong, ...problems],
      };
    },
  };
}

/** How often what was answered, by kind. */
export function describe(outcomes: readonly Outcome[], from: number): string {
  const counts = new Map<string, number>();
  for (const { kind, startedAt, answer } of outcomes) {
    const what = `${kind}: ${answer}`;
    if (startedAt >= from) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} × ${what}`).join(', ');
}

async function codeOf(client: GatehouseClient, document: string, variables = {}): Promise<string> {
  const { errors } = await client.graphql(document, variables);
  return errors[0] ? tellOf(errors[0], !document.startsWith('mutation')) : 'ok';
}

/** The code of a refusal. A question may be asked again whenever a part did not answer it. */
const tellOf = ({ extensions }: AnswerError, isQuestion: boolean): string =>
  isQuestion && extensions.code === 'SUBGRAPH_UNAVAILABLE' && extensions.retryable !== true
    ? `${extensions.code}, as if it could not be asked again`
    : extensions.code;

const refusalOf = async (response: { status: number; text(): Promise<string> }): Promise<string> => {
  const text = await response.text();
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return code ?? `${response.status} ${text.slice(0, 100)}`;
};

const passing = ['CONTENT_UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE'];

async function upload(client: GatehouseClient, accepted: Documents): Promise<string> {
  const content = newContent(300_000);
  const { data, errors } = await client.graphql<{ createUpload: { documentId: string; uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }',
    { input: { name: 'a.bin', size: content.length } },
  );
  if (!data) return errors[0] ? tellOf(errors[0], false) : 'no answer';
  const { documentId, uploadUrl } = data.createUpload;
  // Refused for the while, it is sent again to the same address, as a client would.
  for (let attempt = 1; ; attempt++) {
    const response = await client.fetch(uploadUrl, { method: 'PUT', body: content });
    if (response.status === 201) {
      await response.text();
      accepted.set(documentId, { digest: sha256(content), acceptedAt: Date.now() });
      return attempt === 1 ? 'ok' : 'ok in the end';
    }
    const code = await refusalOf(response);
    if (attempt === 2 || !passing.includes(code)) return code;
  }
}

async function download(client: GatehouseClient, accepted: Documents): Promise<string> {
  const documents = [...accepted];
  const [id, known] = documents[Math.floor(Math.random() * documents.length)] ?? [];
  if (!id || !known) return 'nothing yet';
  const answer = await downloadOne(client, id, known.digest);
  return answer === 'ok' || accepted.has(id) ? answer : 'disregarded';
}

async function downloadOne(client: GatehouseClient, id: string, digest: string): Promise<string> {
  const { data, errors } = await client.graphql<{ document: { downloadUrl: string } | null }>(
    'query ($id: ID!) { document(id: $id) { downloadUrl } }',
    { id },
  );
  if (!data?.document) return errors[0] ? tellOf(errors[0], true) : 'no answer';
  const response = await client.fetch(data.document.downloadUrl);
  if (response.status !== 200) return await refusalOf(response);
  const bytes = await response.arrayBuffer().catch(() => undefined);
  if (!bytes) return 'BROKEN_OFF';
  return sha256(Buffer.from(bytes)) === digest ? 'ok' : 'WRONG CONTENT';
}
