export { openMongoBlobStore } from './blob-store.ts';
