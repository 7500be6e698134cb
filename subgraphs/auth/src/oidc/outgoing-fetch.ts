import type { Outgoing } from '@gatehouse/service-kit/outgoing';
import type { Configuration } from 'oidc-provider';

/**
 * How oidc-provider reaches what clients have registered, and openid-client the providers of the tenants: through the one door for outgoing requests, which refuses
 * private addresses at the connection.
 */
export const outgoingFetch =
  (outgoing: Outgoing): NonNullable<Configuration['fetch']> =>
  async (input, init) => {
    const answer = await outgoing.request(String(input), {
      method: init?.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(init?.body !== undefined && init.body !== null && { body: String(init.body) }),
    });
    const body = answer.status === 204 || answer.status === 304 ? null : answer.body;
    const contentType = answer.headers['content-type'];
    return new Response(body, {
      status: answer.status,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
  };
