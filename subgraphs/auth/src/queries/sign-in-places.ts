import type { Executor } from '@gatehouse/data';
import { eq, lt } from 'drizzle-orm';
import { signInPlace } from '../tables/sign-in-place.ts';

/** Nothing is familiar about the account any more. */
export async function deletePlacesOf(tx: Executor, userId: string): Promise<void> {
  await tx.delete(signInPlace).where(eq(signInPlace.userId, userId));
}

export async function deleteOldPlaces(db: Executor, date: Date): Promise<void> {
  await db.delete(signInPlace).where(lt(signInPlace.lastSeenAt, date));
}
