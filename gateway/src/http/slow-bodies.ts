import type { IncomingMessage } from 'node:http';

/** A body within the limit takes no honest client longer than between one and two of these. */
const roundMs = 15_000;

/**
 * Requests whose bodies are being read, each at a place of its own, and the round in which it began. An array and not a Set: a
 * Set that takes and loses entries all the time leaves tables behind that keep what they held alive until the next full collection.
 */
const reading: (IncomingMessage | undefined)[] = [];
const beganIn: number[] = [];
const free: number[] = [];
let round = 0;
let rounds: NodeJS.Timeout | undefined;

/** Cuts the connection of a request whose body takes too long, unless `bodyIsRead` is told the number answered here in time. */
export function watchBody(request: IncomingMessage): number {
  const place = free.pop() ?? reading.length;
  reading[place] = request;
  beganIn[place] = round;
  // One timer for all: one for each request would cost as much as reading it.
  rounds ??= setInterval(nextRound, roundMs).unref();
  return place;
}

/** To be told once. */
export function bodyIsRead(place: number): void {
  reading[place] = undefined;
  free.push(place);
}

function nextRound(): void {
  round += 1;
  for (const [place, request] of reading.entries()) {
    if (request && (beganIn[place] ?? round) < round - 1) request.destroy();
  }
  if (free.length < reading.length) return;
  clearInterval(rounds);
  rounds = undefined;
}
