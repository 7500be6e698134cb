/**
 * How a service is started, as its npm script starts it. What issues tokens has many requests under way at a time, each with many
 * objects: its young generation is larger, so that they are not taken for old ones.
 */
export const nodeFlagsOf = (service: string): string[] => [
  '--import=@gatehouse/service-kit/preload',
  `--max-semi-space-size=${['standalone', 'auth'].includes(service) ? 32 : 8}`,
  '--heap-growing-percent=25',
];
