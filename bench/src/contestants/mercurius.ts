import { registerHooks } from 'node:module';
import { plainTokens, ready, subgraphUrl } from '../contestant.ts';
import { names } from '../graph.ts';

/**
 * Mercurius as a gateway; it knows remote subgraphs only. Its documents carry a type where a name belongs, which the printer
 * of graphql 16.15 does not take: one line is corrected while it is loaded.
 */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/@mercuriusjs/gateway/lib/gateway/make-resolver.js')) return loaded;
    return {
      ...loaded,
      source: String(loaded.source).replace('value: returnType', 'value: String(returnType)'),
    };
  },
});
const { default: fastify } = await import('fastify');
const { default: gateway } = await import('@mercuriusjs/gateway');

const tokens = new Map(plainTokens().map((token) => [`Bearer ${token}`, { userId: token }]));
const app = fastify();
await app.register(gateway as never, {
  gateway: {
    services: names.map((name) => ({
      name,
      url: subgraphUrl(name),
      rewriteHeaders: (headers?: { authorization?: string }) => ({
        ...(headers?.authorization && { authorization: headers.authorization }),
      }),
    })),
  },
  jit: 1,
  context: (request: { headers: { authorization?: string } }) => ({
    principal: tokens.get(request.headers.authorization ?? ''),
  }),
});
await app.listen({ port: 0, host: '127.0.0.1' });
ready({ port: (app.server.address() as { port: number }).port, tokens: plainTokens() });
