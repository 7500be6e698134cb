export type Unsubscribe = () => Promise<void>;

/**
 * Live messages between processes: hints, not records. Who is not connected misses them, which
 * `onConnectionChange` tells; what must not be missed is read from a table.
 */
export interface PubSub {
  /** Hands a small JSON-able object to every subscriber of the channel, in this process too. RangeError past 7,900 bytes. */
  publish(channel: string, message: object): Promise<void>;
  /**
   * Resolves once messages published from now on will arrive; while the connection is lost, after a second, and they arrive
   * once `onConnectionChange` tells that it is back. A listener that throws is logged and kept.
   */
  subscribe<M extends object>(channel: string, onMessage: (message: M) => void): Promise<Unsubscribe>;
  /** Told at once how it is, then at every change. Answers a function that ends it. */
  onConnectionChange(listener: (connected: boolean) => void): () => void;
  close(): Promise<void>;
}

/** PostgreSQL's NOTIFY takes 8,000 bytes; the same bound holds for every implementation. */
const maxBytes = 7_900;
const maxChannelBytes = 200;

/** Channel and message as they travel: `channel`, a line feed, JSON. */
export function encodeMessage(channel: string, message: object): string {
  assertChannel(channel);
  const payload = `${channel}\n${JSON.stringify(message)}`;
  const bytes = Buffer.byteLength(payload);
  if (bytes > maxBytes) {
    throw new RangeError(`a message on "${channel}" has ${bytes} bytes; ${maxBytes} is the limit`);
  }
  return payload;
}

export function assertChannel(channel: string): string {
  if (!/^[\x21-\x7e]+$/.test(channel) || channel.length > maxChannelBytes) {
    throw new RangeError(
      `a channel name has 1 to ${maxChannelBytes} printable ASCII characters without spaces`,
    );
  }
  return channel;
}
