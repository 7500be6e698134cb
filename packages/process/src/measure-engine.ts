import { type Metrics, within } from '@gatehouse/service-kit';

const withinMs = 1_000;

/** Has told whether an engine answers within a second. One that hangs is not asked again before it has answered or failed. */
export function measureEngine(
  metrics: Metrics,
  engine: 'postgresql' | 'redis' | 'mongodb' | 'kafka',
  check: () => Promise<unknown>,
): () => void {
  let checking: Promise<boolean> | undefined;

  const answers = (): Promise<boolean> => {
    checking ??= check()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        checking = undefined;
      });
    return checking;
  };

  return metrics.observe(
    {
      up: {
        name: 'gatehouse_engine_up',
        type: 'gauge',
        over: 'min',
        help: 'Whether an engine that this process works with answers: 1, or 0.',
        labels: ['engine'],
      },
    },
    async () => {
      const isUp = await within(withinMs, answers()).catch(() => false);
      return { up: [{ value: isUp ? 1 : 0, labels: { engine } }] };
    },
  );
}
