import type { Place } from './geoip.ts';

const earthKm = 6_371;
/** Nearer places may be the same one: databases err by as much. */
const leastKm = 500;
/** Faster than an airliner, with the way to the airport left out. */
const mostKmPerHour = 1_000;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The great-circle distance (haversine); undefined when one of them is nowhere. */
function kmBetween(a: Place, b: Place): number | undefined {
  if (a.latitude === null || a.longitude === null || b.latitude === null || b.longitude === null)
    return undefined;
  const half = (from: number, to: number) => Math.sin((radians(to) - radians(from)) / 2) ** 2;
  const h =
    half(a.latitude, b.latitude) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(a.longitude, b.longitude);
  return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Whether nobody comes from one place to the other in this time. */
export function isImpossible(from: Place, to: Place, seconds: number): boolean {
  const km = kmBetween(from, to);
  if (km === undefined || km < leastKm) return false;
  return km > (mostKmPerHour * Math.max(0, seconds)) / 3_600;
}
