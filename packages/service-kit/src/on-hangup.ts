/**
 * Calls the listener on SIGHUP: read your files again. With a terminal attached the signal means that the terminal has gone,
 * and ends the process as ever. Answers a function that ends the listening.
 */
export function onHangup(listener: () => void): () => void {
  if (process.stdin.isTTY || process.stdout.isTTY) return () => {};
  process.on('SIGHUP', listener);
  return () => process.off('SIGHUP', listener);
}
