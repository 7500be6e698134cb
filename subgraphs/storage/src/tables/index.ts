export { document } from './document.ts';
export { storageSchema } from './schema.ts';
export { upload } from './upload.ts';
