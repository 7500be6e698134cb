import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * `Expect: 100-continue`: asks for the body only when somebody starts to read it, so that an upload that is refused by its
 * headers is never sent (RFC 9110 §10.1.1).
 */
export function continueOnRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read;
  // A client that was not asked may or may not send the body: this connection can't carry another request.
  response.shouldKeepAlive = false;
  request._read = function readFirst(size) {
    request._read = read;
    if (!response.headersSent) {
      response.writeContinue();
      response.shouldKeepAlive = true;
    }
    read.call(this, size);
  };
}
