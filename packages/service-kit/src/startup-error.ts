/** A reason not to start that its reader can act on: printed as plain lines, without a stack, exit code 1. */
export class StartupError extends Error {
  override name = 'StartupError';
}
