/** How all tables of the report write what they show. */
export const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? '—' : Math.round(value).toLocaleString('en-US');
export const ms = (value: number): string => `${value.toFixed(1)} ms`;
export const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;
export const verdict = (isReached: boolean): string => (isReached ? 'reached' : 'missed');
