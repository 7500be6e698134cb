import type { RequestListener, Server } from 'node:http';

/*
 * The other gateways and servers, as far as they are used here. Their own types are there only after `npm run bench` has
 * installed them, and those of Hive change the types of graphql for everybody.
 */

type Reply = { code(status: number): Reply; send(): Reply };

type App = {
  server: Server;
  post<Route extends { Body: unknown }>(
    path: string,
    handle: (
      request: { headers: Record<string, string | undefined>; body: Route['Body'] },
      reply: Reply,
    ) => Promise<unknown>,
  ): void;
  register(plugin: never, options: object): Promise<void>;
  listen(options: { port: number; host: string }): Promise<string>;
};

/** Of fastify; what the plugins for it export is passed on as it is. */
export default function fastify(): App;

export function createGatewayRuntime(options: never): RequestListener;
export const unifiedGraphHandler: unknown;
