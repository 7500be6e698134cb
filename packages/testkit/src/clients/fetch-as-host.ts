import { lookup } from 'node:dns';
import { Agent, fetch } from 'undici';

export type Fetch = typeof fetch;

/** As browsers do, every name below `localhost` is this machine (RFC 6761 § 6.3), whatever the system's resolver knows. */
const agent = new Agent({
  connect: {
    lookup: (name, options, callback) =>
      lookup(name.endsWith('.localhost') ? 'localhost' : name, options, callback),
  },
});

/**
 * Plain fetch; with `host`, requests go where their URL says but name this host, as a browser would that found the address
 * in DNS. (The fetch of the platform does not let one set the header.)
 */
export function fetchAsHost(host?: string): Fetch {
  const dispatcher = host
    ? agent.compose(
        (dispatch) => (options, handler) =>
          dispatch(
            { ...options, headers: { ...(options.headers as Record<string, string>), host } },
            handler,
          ),
      )
    : agent;
  return (input, init) => fetch(input, { ...init, dispatcher });
}
