import { connectDoor, type Deadline, passportHeader } from '@gatehouse/service-kit/subgraph';
import type { Pool } from 'undici';
import { postJson } from './post-json.ts';
import { withoutName } from './without-name.ts';

/** One fetch, as it leaves. */
export type Outgoing = {
  variables: Record<string, unknown>;
  passport: string;
  traceparent: string;
  deadline: Deadline;
};

/** An answer that came; of 200 and 400, the text is a GraphQL result. */
export type Incoming = { status: number; text: string };

/** How fetches travel to a subgraph in another process. */
export type Transport = {
  /** Makes ready what is the same for each fetch of a document. */
  prepare(query: string, operationName: string | undefined): (given: Outgoing) => Promise<Incoming>;
  close(): void;
};

/** GraphQL over HTTP, which every subgraph speaks. */
export function overHttp(pool: Pool, path: string): Transport {
  return {
    prepare(query, operationName) {
      const constant = JSON.stringify({ query, operationName }).slice(0, -1);
      return ({ variables, passport, traceparent, deadline }) => {
        const headers = [
          'content-type',
          'application/json',
          passportHeader,
          passport,
          'traceparent',
          traceparent,
        ];
        const body = `${constant},"variables":${JSON.stringify(variables)}}`;
        return postJson(pool, { path, headers, body, deadline });
      };
    },
    close() {},
  };
}

/** The door that our own subgraphs have for a gateway: one connection for all fetches, documents and passports sent once. */
export function throughDoor(options: Parameters<typeof connectDoor>[0]): Transport {
  const door = connectDoor(options);
  return {
    prepare(query, operationName) {
      const document = withoutName(query, operationName);
      return ({ variables, passport, traceparent, deadline }) =>
        door.fetch({ document, passport, traceparent, variables: JSON.stringify(variables), deadline });
    },
    close: door.close,
  };
}
