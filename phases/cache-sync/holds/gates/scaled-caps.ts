import { formatCount } from '../../../../src/core/format-count.js';
import { createPastFinder } from '../../valuation/past-reader.js';
import type { Gate, GateFacts } from '../gate.js';
import { isLargeEnough, notMeasured, toResult, TOO_SMALL } from '../judge-parts.js';

/** Width of the bins in which factors count as the same, as a difference of logarithms: half a percent. */
const BIN = 0.005;
/** Smaller steps are roundings, dividends and shares issued. */
const MIN_STEP = 0.02;

/**
 * Number of eligible stocks whose market caps moved by the same factor more than their prices since the previous published session. Each for itself
 * may be shares issued; many at once are another currency or unit in a part of the feed.
 *
 * Edges: a stock whose market cap was not believed then does not count: its figure has already been judged.
 */
export const scaledCaps: Gate = {
  id: 'scaled-caps',
  version: 1,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('scaled-caps', TOO_SMALL)];
    const { maxCount } = facts.config.scaledCaps;
    const { count, factor } = findLargest(countBins(facts));
    const text =
      count <= maxCount
        ? `${formatCount(count)} market caps at most moved by one factor that their prices do not explain`
        : `${formatCount(count)} market caps are ${factor.toPrecision(3)} times what their prices explain: another currency or unit`;
    return [
      toResult(
        'scaled-caps',
        [{ status: count > maxCount ? 'hold' : 'pass', measured: count, threshold: maxCount, text }],
        '',
      ),
    ];
  },
};

/** Stocks by the step of their implied share counts. */
function countBins({ market: { securities, session }, pastFigures }: GateFacts): ReadonlyMap<number, number> {
  const { symbols, capsUsd, closes, suspects } = pastFigures;
  const findPast = createPastFinder(symbols);
  const bins = new Map<number, number>();
  for (const { symbol, exclusion, close, marketCapUsd, rawCapUsd, priceSession } of securities.values()) {
    if (exclusion !== null) continue;
    const at = findPast(symbol);
    const counts = [rawCapUsd ?? marketCapUsd, close, capsUsd[at] ?? null, closes[at] ?? null];
    if (priceSession !== session || suspects.has(symbol) || !counts.every((figure) => figure !== null && figure > 0))
      continue;
    const [cap, price, pastCap, pastPrice] = counts as [number, number, number, number];
    const step = Math.log((cap / pastCap) * (pastPrice / price));
    if (Math.abs(step) < MIN_STEP) continue;
    const bin = Math.round(step / BIN);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  return bins;
}

/** Two adjacent bins are one: a factor may lie between them. */
function findLargest(bins: ReadonlyMap<number, number>): { readonly count: number; readonly factor: number } {
  let largest = { count: 0, factor: 1 };
  for (const [bin, own] of bins) {
    const count = own + (bins.get(bin + 1) ?? 0);
    if (count > largest.count) largest = { count, factor: Math.exp(bin * BIN) };
  }
  return largest;
}
