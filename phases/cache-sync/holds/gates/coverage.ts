import { Temporal } from 'temporal-polyfill';
import { formatCount } from '../../../../src/core/format-count.js';
import {
  formatPercent,
  isLargeEnough,
  notMeasured,
  percentOf,
  toResult,
  TOO_SMALL,
  type JudgedPart,
} from '../judge-parts.js';
import type { Gate, GateFacts } from '../gate.js';
import { isGone } from '../../valuation/market.js';
import { createPastFinder } from '../../valuation/past-reader.js';

/**
 * Coverage of prices: percent of the active symbols that traded recently, and percent of the market cap of the previous session, that have
 * a price in the session.
 *
 * Recently means within the number of sessions that make a delisting, including held ones: only complete sessions mark symbols as delisted,
 * so symbols that are gone would otherwise hold every session to come.
 *
 * Edges: market cap counts stocks only, because preferreds and notes often have the cap of their whole company. A giant or two without a price
 *        are not a fault of the feed, and only a warning.
 */
export const coverage: Gate = {
  id: 'coverage',
  version: 3,
  check: (facts) => {
    if (!isLargeEnough(facts) && countTraded(facts) < facts.config.minSymbols)
      return [notMeasured('coverage', TOO_SMALL)];
    const expected = addUp(facts);
    const { coverage: limits } = facts.config;
    const parts = [judgeNumber(expected, limits), judgeCap(expected, limits)].filter((part) => part !== null);
    return [toResult('coverage', parts, 'nothing has traded lately')];
  },
};

const RECENT_DAYS = 30;

/** Active symbols with a price in recent weeks: a second truncated file in a row must not pass for a small market. */
function countTraded({ market, session }: GateFacts): number {
  const since = Temporal.PlainDate.from(session).subtract({ days: RECENT_DAYS }).toString();
  let traded = 0;
  for (const { seenSession, exclusion } of market.securities.values()) {
    if (seenSession !== null && seenSession >= since && !isGone({ exclusion })) traded += 1;
  }
  return traded;
}

/** A fault of a feed takes more stocks than a halt or a change of ticker does. */
const MAX_SINGLE = 3;

/** Symbols that traded recently, and those with a price in the session; by number, and by market cap of the previous session. */
interface Expected {
  readonly active: number;
  readonly priced: number;
  readonly capUsd: number;
  readonly pricedCapUsd: number;
  /** Stocks without a price that had a market cap: the first of them, one more than `MAX_SINGLE`. */
  readonly missing: readonly string[];
}

/** One pass over the market and the figures of the previous session, both by symbol ascending. */
function addUp({ market, session, pastFigures, tradedSince }: GateFacts): Expected {
  const findPast = createPastFinder(pastFigures.symbols);
  let [active, priced, totalUsd, pricedUsd] = [0, 0, 0, 0];
  const missing: string[] = [];
  for (const { symbol, seenSession, exclusion } of market.securities.values()) {
    if (seenSession === null || isGone({ exclusion }) || (tradedSince !== null && seenSession < tradedSince)) continue;
    const past = exclusion === 'NOT_COMMON' ? 0 : Math.max(0, pastFigures.capsUsd[findPast(symbol)] ?? 0);
    active += 1;
    totalUsd += past;
    if (seenSession !== session) {
      if (past > 0 && missing.length <= MAX_SINGLE) missing.push(symbol);
      continue;
    }
    priced += 1;
    pricedUsd += past;
  }
  return { active, priced, capUsd: totalUsd, pricedCapUsd: pricedUsd, missing };
}

function judgeNumber({ active, priced }: Expected, { minPct }: GateFacts['config']['coverage']): JudgedPart | null {
  if (active === 0) return null;
  const measured = percentOf(priced, active);
  return {
    status: measured < minPct ? 'hold' : 'pass',
    measured,
    threshold: minPct,
    text: `${formatCount(priced)} of ${formatCount(active)} active symbols have a price: ${formatPercent(measured)}`,
  };
}

function judgeCap(
  { capUsd, pricedCapUsd, missing }: Expected,
  { minCapPct }: GateFacts['config']['coverage'],
): JudgedPart | null {
  if (capUsd === 0) return null;
  const measured = percentOf(pricedCapUsd, capUsd);
  const text = `stocks with ${formatPercent(measured)} of the previous market cap have a price`;
  if (measured >= minCapPct) return { status: 'pass', measured, threshold: minCapPct, text };
  if (missing.length > MAX_SINGLE) return { status: 'hold', measured, threshold: minCapPct, text };
  return { status: 'warn', measured, threshold: minCapPct, text: `${text}; only ${missing.join(', ')} have none` };
}
