import { pgSchema } from 'drizzle-orm/pg-core';

export const notificationSchema = pgSchema('notification');
