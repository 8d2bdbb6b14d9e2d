/** An exception as a message lists it. */
export interface ListedException {
  readonly id: number;
  readonly symbol: string;
  readonly kind: string;
}

const SHOWN = 8;

/** One line: `AAA (PRICE_MOVE), BBB (MARKET_CAP) and 3 more`. */
export function listExceptions(exceptions: readonly ListedException[]): string {
  const shown = exceptions.slice(0, SHOWN).map(({ symbol, kind }) => `${symbol} (${kind})`);
  const more = exceptions.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
