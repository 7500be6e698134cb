/** Tries until it holds, with a bound: for what another process does in its own time. */
export async function within(ms: number, attempt: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
