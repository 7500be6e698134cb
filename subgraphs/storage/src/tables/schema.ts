import { pgSchema } from 'drizzle-orm/pg-core';

export const storageSchema = pgSchema('storage');
