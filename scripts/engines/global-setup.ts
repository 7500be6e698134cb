import { startSharedEngines } from './index.ts';

/** For vitest's `globalSetup`: workers inherit the URLs through the environment. */
export default (): Promise<() => Promise<void>> => startSharedEngines(['redis', 'mongodb', 'kafka']);
