import { Refusal } from './row-values.js';

interface Prices {
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number;
}

/**
 * Refuses a bar whose low is above its high, or whose open or close is outside them.
 * @throws Refusal
 */
export function assertRange({ open, high, low, close }: Prices): void {
  if (high !== null && low !== null && high < low)
    throw new Refusal('PRICE_INVALID', `high is ${high} and low is ${low}; allowed is a low of at most the high`);
  for (const [name, price] of [
    ['open', open],
    ['close', close],
  ] as const) {
    if (price === null || (price <= (high ?? price) && price >= (low ?? price))) continue;
    throw new Refusal(
      'PRICE_INVALID',
      `${name} is ${price}, outside low ${low ?? 'unknown'} and high ${high ?? 'unknown'}`,
    );
  }
}
