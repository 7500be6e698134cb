import { Agent, fetch } from 'undici';

export type Fetch = typeof fetch;

/**
 * Plain fetch; with `host`, requests go where their URL says but name this host, as a browser would that found the address
 * in DNS. (The fetch of the platform does not let one set the header.)
 */
export function fetchAsHost(host?: string): Fetch {
  if (!host) return fetch;
  const dispatcher = new Agent().compose(
    (dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), host } }, handler),
  );
  return (input, init) => fetch(input, { ...init, dispatcher });
}
