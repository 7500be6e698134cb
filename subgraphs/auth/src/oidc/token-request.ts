import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClientInfo } from '@gatehouse/service-kit/subgraph';
import type { Subject } from '../subject.ts';
import type { ClientAhead, ReadAhead } from './read-ahead.ts';
import type { Renewal } from './renewal.ts';

/** A sign-in that was decided and is to be turned into tokens by the session grant. */
export type PendingLogin = { subject: Subject; amr: string[] };

/** What oidc-provider's hooks can't get from their arguments, for the time of one request. */
export type TokenRequest = {
  client: ClientInfo;
  /** When it came in, before it waited for anything; milliseconds. */
  receivedAt: number;
  login?: PendingLogin | undefined;
  /** What a token got by exchange takes over from the one presented, and who acts (RFC 8693 §4.1). */
  exchanged?: { amr: string[] | undefined; authTime: number | undefined; act: object };
  /** People already asked about in this request, by id. */
  subjects: Map<string, Subject | null>;
  /** Rows that were read along with another, each good for one use. */
  readAhead: ReadAhead;
  clientAhead?: ClientAhead | undefined;
  /** Of the client that was known from an earlier request: a token is stored only while it holds, and a refusal is not the last word. */
  clientVersion?: string;
  /** Where this is a refresh whose writes are gathered. */
  renewal?: Renewal;
};

const current = new AsyncLocalStorage<TokenRequest>();

export const withTokenRequest = <T>(request: TokenRequest, fn: () => Promise<T>): Promise<T> =>
  current.run(request, fn);

/** The token request that this runs in; none where something else asks oidc-provider. */
export const currentTokenRequest = (): TokenRequest | undefined => current.getStore();

export function tokenRequest(): TokenRequest {
  const request = current.getStore();
  if (!request) throw new Error('oidc-provider was reached without a token request');
  return request;
}
