export type Answers = {
  /** Media type of a single result; null when the client takes none. */
  json: 'application/json' | 'application/graphql-response+json' | null;
  stream: boolean;
};

const plainJson: Answers = { json: 'application/json', stream: false };
const graphqlResponse = 'application/graphql-response+json';

/** What the client takes (GraphQL over HTTP, "Media types"; RFC 9110 §12.5.1). No Accept means `application/json`. */
export function negotiate(accept: string | undefined): Answers {
  if (!accept || accept === '*/*' || accept === 'application/json') return plainJson;
  const ranges = accept
    .split(',')
    .map(readRange)
    .filter(({ quality }) => quality > 0);
  const qualityOf = (type: string) =>
    Math.max(0, ...ranges.filter((range) => range.type === type).map((r) => r.quality));
  const specific = qualityOf(graphqlResponse);
  const plain = Math.max(qualityOf('application/json'), qualityOf('application/*'), qualityOf('*/*'));
  return {
    json: specific > 0 && specific >= plain ? graphqlResponse : plain > 0 ? 'application/json' : null,
    stream: qualityOf('text/event-stream') > 0,
  };
}

function readRange(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight ? Number(weight.slice(2)) : 1;
  return { type, quality: Number.isFinite(quality) ? quality : 0 };
}
