/** A whole number with thousands separators, as English writes it. `toLocaleString` would load 13 ms of locale data for the first of them. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
