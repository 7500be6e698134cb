import type { IncomingMessage, ServerResponse } from 'node:http';
export function createPages() {
  return async (_request: IncomingMessage, _response: ServerResponse, _path: string): Promise<boolean> =>
    false;
}
