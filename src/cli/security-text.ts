import type { CorporateAction, SymbolUniverses } from '../index.js';
import { formatCount, formatUsd } from './output.js';

/** `type CS, rank 135, market cap $97.8B, close 142.50` */
export function formatFigures({ type, active, rank, marketCapUsd, close }: SymbolUniverses): string {
  const facts = [
    `type ${type ?? 'unknown'}`,
    ...(active ? [] : ['not active']),
    ...(rank === null ? [] : [`rank ${formatCount(rank)}`]),
    ...(marketCapUsd === null ? [] : [`market cap ${formatUsd(marketCapUsd)}`]),
    ...(close === null ? [] : [`close ${close.toFixed(2)}`]),
  ];
  return facts.join(', ');
}

/** `10:1`, or `$23`. */
export function formatActionValue({ newShares, oldShares, amountUsd }: CorporateAction): string {
  if (newShares !== null) return `${newShares}:${oldShares}`;
  return amountUsd === null ? '' : `$${amountUsd}`;
}

/** Who entered an action, or that it was derived. */
export function formatActionSource({ source, enteredBy }: CorporateAction): string {
  return source === 'derived' ? 'prices' : (enteredBy ?? source);
}
