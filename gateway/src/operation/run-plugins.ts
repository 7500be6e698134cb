import type { Exchange, Outcome, Plugin } from './exchange.ts';

/** Takes an exchange through plugins in order, until one answers the operation. */
export async function prepareBy(plugins: readonly Plugin[], exchange: Exchange): Promise<void> {
  for (const plugin of plugins) {
    const running = plugin.run(exchange);
    if (running) await running;
    if (exchange.outcome) return;
  }
}

/** Takes an exchange through the plugins in order. A plugin that answers the operation ends the list. */
export async function runPlugins(plugins: readonly Plugin[], exchange: Exchange): Promise<Outcome> {
  for (const plugin of plugins) {
    const running = plugin.run(exchange);
    if (running) await running;
    if (exchange.outcome) return exchange.outcome;
  }
  throw new Error('no plugin answered the operation');
}
