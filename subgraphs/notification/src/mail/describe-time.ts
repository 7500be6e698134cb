const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });

/** `29 November 2026, 21:00 UTC` */
export const describeTime = (time: Date): string => `${day.format(time)}, ${clock.format(time)} UTC`;

const units = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const;

/** `7 days`, `15 minutes`: rounded, in the largest unit that fills at least once (a day less a second is a day). */
export function describeDuration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000)) * 60_000;
  const { unit, ms: length } = units.find((candidate) => minutes >= candidate.ms) ?? units[2];
  const style = { style: 'unit', unit, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat('en', style).format(Math.round(minutes / length));
}

/** `29 November 2026, 21:00 UTC (7 days)` */
export const describeValidity = (until: Date, now: Date): string =>
  `${describeTime(until)} (${describeDuration(until.getTime() - now.getTime())})`;
