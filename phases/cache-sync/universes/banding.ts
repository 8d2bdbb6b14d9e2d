import type { BandingConfig, Config } from '../../../src/config/schema/index.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Market, Stock } from '../valuation/market.js';
import { toCapLimits, type RankBuffer } from './limits.js';
import { isMeasured } from './measures.js';

/** Members before a session → first session of their membership. */
type Members = ReadonlyMap<string, SessionDate>;

/**
 * The buffer around a ranking of `size`.
 *
 * Shape:  both ranks are the ratio times the size, rounded to the nearest rank, halves up.
 * Edges:  an `outRatio` above 1 gives a buffer of at least one rank: 1.11 would have no effect for the first 10. Ratios of 1 and 1 are the
 *         strict ranking.
 * Source: FTSE UK index ground rules: FTSE 100 in at 90 or better and out at 111 or worse (0.9 and 1.11), FTSE 250, which ends at rank 350,
 *         in at 325 and out at 376 (0.929 and 1.074).
 */
export function toRankBuffer(
  size: number,
  { inRatio, outRatio }: Pick<BandingConfig, 'inRatio' | 'outRatio'>,
): RankBuffer {
  const room = outRatio > 1 ? 2 : 1;
  return { inRank: Math.round(size * inRatio), outRank: Math.max(size + room, Math.round(size * outRatio)) };
}

/** Whether a member joined so recently that it stays regardless of its figures. */
export function isStaying(since: SessionDate, { minStaySessions }: BandingConfig, market: Market): boolean {
  return minStaySessions > 0 && market.past.sessionsSince(since) < minStaySessions;
}

/**
 * The first `size` stocks with a buffer around the cut-off; exactly `size` of them if there are so many.
 *
 * 1. Stocks that rank at `inRank` or better are in.
 * 2. Members stay while they rank better than `outRank`, and for `minStaySessions` at any rank.
 * 3. Too many: the lowest-ranked members leave first, recent ones only when the others do not suffice, those of step 1 never.
 * 4. Too few: the highest-ranked of the others join.
 *
 * Shape: → stocks in rank order.
 * Edges: without earlier members it is the strict ranking. Members that are no longer eligible are out. With long stays and much movement
 *        steps 1 and 2 can select more than `size`: then the size and the front ranks take precedence, and the stay is shorter.
 */
export function selectBandedRanking(market: Market, size: number, before: Members, banding: BandingConfig): Stock[] {
  const { inRank, outRank } = toRankBuffer(size, banding);
  const isIn = new Set(market.stocks.slice(0, inRank));
  const staying: Stock[] = [];
  const buffered: Stock[] = [];
  for (const [symbol, since] of before) {
    const stock = findStock(market, symbol);
    if (stock === undefined || isIn.has(stock)) continue;
    if (isStaying(since, banding, market)) staying.push(stock);
    else if ((stock.rank ?? Infinity) < outRank) buffered.push(stock);
  }
  for (const stock of [...staying.sort(byRank), ...buffered.sort(byRank)]) {
    if (isIn.size < size) isIn.add(stock);
  }
  for (const stock of market.stocks) {
    if (isIn.size >= size) break;
    isIn.add(stock);
  }
  return [...isIn].sort(byRank);
}

/** An eligible stock by its symbol. */
export function findStock({ stocks, securities }: Market, symbol: string): Stock | undefined {
  const rank = securities.get(symbol)?.rank ?? null;
  return rank === null ? undefined : stocks[rank - 1];
}

function byRank(left: Stock, right: Stock): number {
  return (left.rank ?? Infinity) - (right.rank ?? Infinity);
}

/**
 * Whether a cap is so near a band that a member of it stays: not beyond a limit by more than `capPct` percent.
 *
 * Units: USD; the band is [minUsd, maxUsd), open at the top where `maxUsd` is null.
 * Edges: exactly `capPct` beyond still stays; with 0 percent, exactly `maxUsd` does not: that is in the next band.
 */
export function isWithinBuffer(capUsd: number, minUsd: number, maxUsd: number | null, capPct: number): boolean {
  if (isInBand(capUsd, minUsd, maxUsd)) return true;
  const { outBelowUsd, outAboveUsd } = toCapLimits(minUsd, maxUsd, { capPct });
  if (capUsd < minUsd) return capUsd >= outBelowUsd;
  return outAboveUsd === null || (capPct > 0 && capUsd <= outAboveUsd);
}

/** Whether a cap is in the half-open band. Units: USD. */
export function isInBand(capUsd: number, minUsd: number, maxUsd: number | null): boolean {
  return capUsd >= minUsd && (maxUsd === null || capUsd < maxUsd);
}

/** Keys and titles of a universe that is published strict and banded. */
export function toBandedName({ key, title }: { key: string; title: string }): { key: string; title: string } {
  return { key: `${key}_banded`, title: `${title} (banded)` };
}

/**
 * Checks that banding is configured for rankings and bands only: every entry must name one of them, and no ranking by another measure or
 * that counts companies.
 *
 * @throws EOD_CONFIG_INVALID listing all entries that do not
 */
export function assertBanding({ universes: { banding, bands, rankings } }: Pick<Config, 'universes'>): void {
  if (banding.length === 0) return;
  const keys = [...bands, ...rankings.filter((ranking) => !isMeasured(ranking))].map(({ key }) => key);
  const unknown = banding.filter(({ universe }) => !keys.includes(universe));
  assertBySecurity(banding, rankings);
  if (unknown.length === 0) return;
  throw new PipelineError(
    'EOD_CONFIG_INVALID',
    `universes.banding names ${unknown.map(({ universe }) => JSON.stringify(universe)).join(', ')}, ` +
      `which are not rankings by market cap or bands; allowed: ${keys.join(', ')}`,
    { hint: 'correct or remove the entry under banding in config/universes.yaml' },
  );
}

/** A buffer counts ranks of stocks. */
function assertBySecurity(
  banding: readonly Pick<BandingConfig, 'universe'>[],
  rankings: Config['universes']['rankings'],
): void {
  const banded = new Set(banding.map(({ universe }) => universe));
  const byCompany = rankings.filter(({ key, by }) => by === 'company' && banded.has(key));
  if (byCompany.length === 0) return;
  throw new PipelineError(
    'EOD_CONFIG_INVALID',
    `universes.banding has a buffer for ${byCompany.map(({ key }) => key).join(', ')}, which counts companies`,
    { hint: 'remove the entry under banding, or `by: company` from the ranking' },
  );
}
