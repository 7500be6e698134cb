import type { SASLMechanismValue } from '@platformatic/kafka';

export type KafkaSettings = {
  /** `host:port` of some of its brokers. */
  brokers: readonly string[];
  /** What the names of our topics and consumer groups begin with; `gatehouse` unless told. */
  prefix?: string | undefined;
  /** Topics of other systems, besides our own for them. */
  consumedTopics?: readonly string[] | undefined;
  /** Of topics that we make: 12 unless told. */
  partitions?: number | undefined;
  /** Of topics that we make: the broker's default unless told. */
  replicas?: number | undefined;
  tls?: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined } | undefined;
  sasl?: { mechanism: SASLMechanismValue; username: string; password: string } | undefined;
};

/** A request that the broker does not answer is given up, and its connection with it. */
const requestMs = 4_000;
const connectMs = 2_000;

/** What every client is made with: nothing is tried again inside it, but by those who use it. */
export const clientOptions = ({ brokers, tls, sasl }: KafkaSettings) => ({
  clientId: 'gatehouse',
  bootstrapBrokers: [...brokers],
  connectTimeout: connectMs,
  requestTimeout: requestMs,
  timeout: requestMs,
  retries: 1,
  retryDelay: 100,
  metadataMaxAge: 30_000,
  ...(tls ? { tls, tlsServerName: true } : {}),
  ...(sasl ? { sasl } : {}),
});

/** Whether Kafka refuses us, rather than not being there. */
export function isRefusal(error: unknown): boolean {
  return linksOf(error).some(
    ({ code, apiId, message }) =>
      code === 'PLT_KFK_AUTHENTICATION' ||
      /AUTHORIZATION_FAILED|SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM/.test(
        `${apiId} ${message}`,
      ) ||
      /^(ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_)/.test(String(code)),
  );
}

/** Whether the broker answered with this error of the protocol, such as TOPIC_ALREADY_EXISTS. */
export const isAnswer = (error: unknown, name: RegExp): boolean =>
  linksOf(error).some(({ apiId }) => name.test(String(apiId)));

/** The innermost reason, in words. */
export function reasonOf(error: unknown): string {
  const last = linksOf(error).at(-1);
  return last ? last.message : String(error);
}

type Link = Error & { code?: unknown; apiId?: unknown };

/** An error, its causes, and the errors that it is made of. */
function linksOf(error: unknown, depth = 0): Link[] {
  if (!(error instanceof Error) || depth > 8) return [];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error, ...inner, error.cause].flatMap((one, index) =>
    index === 0 ? [error] : linksOf(one, depth + 1),
  );
}
