import { formatCount } from './format-count.js';

/**
 * USD as people write it: 4.61T, 24.1B, 950M.
 *
 * @param digits significant ones below 100 of a unit; more where two figures must not look the same
 */
export function formatUsd(usd: number | null, digits = 3): string {
  if (usd === null) return '–';
  const [divisor, unit] = usd >= 1e12 ? [1e12, 'T'] : usd >= 1e9 ? [1e9, 'B'] : usd >= 1e6 ? [1e6, 'M'] : [1, ''];
  const scaled = usd / divisor;
  if (unit === '' || scaled >= 10 ** (digits - 1)) return `$${formatCount(scaled)}${unit}`;
  return `$${scaled.toPrecision(digits)}${unit}`;
}

/** Two figures with as many digits as it takes to tell them apart. */
export function formatUsdPair(left: number | null, right: number | null): [string, string] {
  if (left === right) return [formatUsd(left), formatUsd(right)];
  const digits = [3, 4, 5, 6, 7].find((count) => formatUsd(left, count) !== formatUsd(right, count)) ?? 8;
  return [formatUsd(left, digits), formatUsd(right, digits)];
}
