/** What the promise comes to, or an Error when that takes longer. What it waits for is left to end by itself. */
export async function within<T>(milliseconds: number, answering: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  return await Promise.race([answering, late]).finally(() => clearTimeout(timer));
}
