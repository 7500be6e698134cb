import type { Exchange, Outcome, Plugin } from './exchange.ts';

/** Takes an exchange through plugins in order, until one answers the operation. */
export async function prepareBy(plugins: readonly Plugin[], exchange: Exchange): Promise<void> {
  for (const plugin of plugins) {
    const running = plugin.run(exchange);
    if (running) await running;
    if (exchange.outcome) return;
  }
}

/**
 * Takes an exchange through the plugins in order. A plugin that answers the operation ends the list. Most operations wait
 * for nobody: then the outcome is there at once, and a refusal is thrown at once.
 */
export function runPlugins(
  plugins: readonly Plugin[],
  exchange: Exchange,
  first = 0,
): Outcome | Promise<Outcome> {
  for (let i = first; i < plugins.length; i++) {
    const running = plugins[i]?.run(exchange);
    if (running) return running.then(() => exchange.outcome ?? runPlugins(plugins, exchange, i + 1));
    if (exchange.outcome) return exchange.outcome;
  }
  throw new Error('no plugin answered the operation');
}

export const isRunning = (outcome: Outcome | Promise<Outcome>): outcome is Promise<Outcome> =>
  'then' in outcome;
