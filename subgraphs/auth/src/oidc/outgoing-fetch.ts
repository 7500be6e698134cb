import { outgoing } from '@gatehouse/service-kit/outgoing';
import type { Configuration } from 'oidc-provider';
import type { AuthConfig } from '../config.ts';

/**
 * How oidc-provider reaches what clients have registered: through the one door for outgoing requests, which refuses
 * private addresses at the connection.
 */
export const outgoingFetch =
  ({ outgoingPrivate }: Pick<AuthConfig, 'outgoingPrivate'>): NonNullable<Configuration['fetch']> =>
  async (input, init) => {
    const answer = await outgoing(
      String(input),
      {
        method: init?.method === 'POST' ? 'POST' : 'GET',
        headers: Object.fromEntries(new Headers(init?.headers)),
        ...(init?.body !== undefined && init.body !== null && { body: String(init.body) }),
      },
      { allowPrivate: outgoingPrivate },
    );
    return new Response(answer.status === 204 ? null : answer.body, { status: answer.status });
  };
