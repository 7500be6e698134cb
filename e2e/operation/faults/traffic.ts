import { createHash, randomBytes } from 'node:crypto';
import type { GatehouseClient, Person, people } from '@gatehouse/testkit/clients';

export const kinds = ['token check', 'sign-in', 'list of documents', 'upload', 'download'] as const;
export type Kind = (typeof kinds)[number];
/** `ok`, the code of a refusal, or `broken off`. */
export type Outcome = { kind: Kind; startedAt: number; milliseconds: number; answer: string };

export type Traffic = {
  outcomes: readonly Outcome[];
  /** Resolves with the first outcome of the kind, of what began from now on, that satisfies. */
  next(kind: Kind, isMeant: (outcome: Outcome) => boolean, withinMs: number): Promise<Outcome>;
  /** Expects nothing any more of documents accepted since then. */
  disregardDocuments(since: number): void;
  /** Ends it; then every document that was accepted has to be there, whole, and every event to have come once and in order. */
  stop(): Promise<{ documents: number; events: number; wrong: string[] }>;
};

type Documents = Map<string, { digest: string; acceptedAt: number }>;

const pauseMs = 80;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What people do all day, from now on until it is stopped. */
export async function startTraffic(story: ReturnType<typeof people>): Promise<Traffic> {
  const ada = await story.registerAndConfirm();
  const outcomes: Outcome[] = [];
  const accepted: Documents = new Map();
  let stopped = false;

  const work: Record<Kind, () => Promise<string>> = {
    'token check': () => codeOf(ada.client, '{ me { id } }'),
    'sign-in': () =>
      codeOf(story.anyone, 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }', {
        input: { identifier: ada.email, password: ada.password },
      }),
    'list of documents': () =>
      codeOf(ada.client, '{ me { documents(first: 5) { nodes { id name size } } } }'),
    upload: () => upload(ada.client, accepted),
    download: () => download(ada.client, accepted),
  };

  const loops = kinds.map(async (kind) => {
    while (!stopped) {
      const startedAt = Date.now();
      const answer = await work[kind]().catch((error: Error) => `broken off: ${error.message}`);
      outcomes.push({ kind, startedAt, milliseconds: Date.now() - startedAt, answer });
      await pause(pauseMs);
    }
  });
  const watching = watchEvents(ada, () => stopped);

  return {
    outcomes,
    async next(kind, isMeant, withinMs) {
      const from = Date.now();
      for (const deadline = from + withinMs; Date.now() < deadline; await pause(20)) {
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
      await Promise.all(loops);
      const wrong: string[] = [];
      for (const [id, { digest }] of accepted) {
        const answer = await downloadOne(ada.client, id, digest);
        if (answer !== 'ok') wrong.push(`document ${id}: ${answer}`);
      }
      const seen = await watching;
      const all = await eventsOf(ada);
      if (seen.join() !== all.join()) wrong.push(`events: ${all.length} happened, ${seen.length} came`);
      return { documents: accepted.size, events: all.length, wrong };
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
  return (await client.refusal(document, variables)) ?? 'ok';
}

const refusalOf = async (response: { status: number; text(): Promise<string> }): Promise<string> => {
  const text = await response.text();
  const code = /"code":"(\w+)"/.exec(text)?.[1];
  return code ?? `${response.status} ${text.slice(0, 100)}`;
};

async function upload(client: GatehouseClient, accepted: Documents): Promise<string> {
  const content = randomBytes(300_000);
  const { data, errors } = await client.graphql<{ createUpload: { documentId: string; uploadUrl: string } }>(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { documentId uploadUrl } }',
    { input: { name: 'a.bin', size: content.length } },
  );
  if (!data) return errors[0]?.extensions.code ?? 'no answer';
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
    if (attempt === 2 || code !== 'CONTENT_UNAVAILABLE') return code;
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
  if (!data?.document) return errors[0]?.extensions.code ?? 'no answer';
  const response = await client.fetch(data.document.downloadUrl);
  if (response.status !== 200) return await refusalOf(response);
  const bytes = await response.arrayBuffer().catch(() => undefined);
  if (!bytes) return 'broken off';
  return sha256(Buffer.from(bytes)) === digest ? 'ok' : 'WRONG CONTENT';
}

const live = 'subscription ($after: ID) { securityEvents(after: $after) { id } }';

/** Reads the person's security events live and resumes whenever the stream ends, until it is over and nothing more comes. */
async function watchEvents(person: Person, isOver: () => boolean): Promise<string[]> {
  const [first] = await eventsOf(person);
  const seen = first ? [first] : [];
  for (let quiet = 0; quiet < 2; ) {
    const stream = person.client.subscribe<{ securityEvents: { id: string } }>(
      live,
      { after: seen.at(-1) },
      'sse',
    );
    try {
      for (;;) {
        seen.push((await stream.next(500)).securityEvents.id);
        quiet = 0;
      }
    } catch {
      if (isOver()) quiet += 1;
    } finally {
      stream.close();
    }
  }
  return seen;
}

/** All of the person's security events, oldest first. */
async function eventsOf({ id, client }: Person): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { securityEvents }: Events = await client.ask<Events>(
      `query ($after: String, $userId: ID) {
        securityEvents(first: 100, after: $after, filter: { userId: $userId }) {
          nodes { id } pageInfo { hasNextPage endCursor }
        }
      }`,
      { after, userId: id },
    );
    ids.push(...securityEvents.nodes.map((node) => node.id));
    if (!securityEvents.pageInfo.hasNextPage) return ids.reverse();
    after = securityEvents.pageInfo.endCursor;
  }
}

type Events = {
  securityEvents: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};
