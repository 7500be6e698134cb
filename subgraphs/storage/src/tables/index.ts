export { document } from './document.ts';
export { outbox } from './outbox.ts';
export { storageSchema } from './schema.ts';
export { upload } from './upload.ts';
