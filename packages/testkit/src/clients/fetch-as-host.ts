import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, fetch } from 'undici';

export type Fetch = typeof fetch;

/** As browsers do, every name below `localhost` is this machine (RFC 6761 § 6.3), whatever the system's resolver knows. */
const ofThisMachine: LookupFunction = (name, options, callback) =>
  lookup(name.endsWith('.localhost') ? 'localhost' : name, options, callback);

const anyAgent = new Agent({ connect: { lookup: ofThisMachine } });

/**
 * Plain fetch; with `host`, requests go where their URL says but name this host, as a browser would that found the address
 * in DNS (the fetch of the platform does not let one set the header); with `from`, they come from that address of this
 * machine, which has all of 127.0.0.0/8.
 */
export function fetchAsHost(host?: string, from?: string): Fetch {
  const agent = from
    ? new Agent({ localAddress: from, connect: { lookup: ofThisMachine, family: 4 } })
    : anyAgent;
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
