import { createLogger } from '@gatehouse/service-kit';

/** For what must have a logger in a test. */
export const silentLogger = createLogger({ name: 'test', level: 'silent' });
