import { Agent, fetch } from 'undici';

export type Fetch = typeof fetch;

/**
 * Plain fetch; with `host`, requests go where their URL says but name this host, as a browser would that found the address
 * in DNS (the fetch of the platform does not let one set the header); with `from`, they come from that address of this
 * machine, which has all of 127.0.0.0/8.
 */
export function fetchAsHost(host?: string, from?: string): Fetch {
  if (!host && !from) return fetch;
  const agent = new Agent(from ? { localAddress: from, connect: { family: 4 } } : {});
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
