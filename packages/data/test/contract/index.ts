export { blobStoreContract } from './blob-store.ts';
export { keyValueContract } from './key-value.ts';
export { pubSubContract } from './pub-sub.ts';
