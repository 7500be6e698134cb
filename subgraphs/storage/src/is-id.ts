import { z } from 'zod';

const id = z.uuid();

/** Whether it can be the id of anything: the database takes no other text for one. */
export const isId = (text: string): boolean => id.safeParse(text).success;
