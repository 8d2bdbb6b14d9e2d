import { Temporal } from 'temporal-polyfill';
import { formatCount } from '../../../src/core/format-count.js';
import {
  formatPercent,
  isLargeEnough,
  notMeasured,
  toPercent,
  toResult,
  TOO_SMALL,
  type JudgedPart,
} from '../feed-parts.js';
import type { Gate, GateFacts } from '../gate.js';

/**
 * Who has a price in the session, of those that ought to: percent of active symbols that have traded before, and percent of the market cap
 * of the session before.
 *
 * Edges: stocks only by market cap: preferreds and notes often come with the cap of their whole company.
 */
export const coverage: Gate = {
  id: 'coverage',
  check: (facts) => {
    if (!isLargeEnough(facts) && countTraded(facts) < facts.config.minSymbols)
      return [notMeasured('coverage', TOO_SMALL)];
    const parts = [judgeNumber(facts), judgeCap(facts)].filter((part) => part !== null);
    return [toResult('coverage', parts, 'nothing has traded before')];
  },
};

const RECENT_DAYS = 30;

/** Active symbols with a price of the last weeks: a second file in a row that is cut short must not pass for a small market. */
function countTraded({ market, session }: GateFacts): number {
  const since = Temporal.PlainDate.from(session).subtract({ days: RECENT_DAYS }).toString();
  let traded = 0;
  for (const { priceSession, exclusion } of market.securities.values()) {
    if (priceSession !== null && priceSession >= since && exclusion !== 'INACTIVE') traded += 1;
  }
  return traded;
}

function judgeNumber({ market, session, config }: GateFacts): JudgedPart | null {
  let [active, priced] = [0, 0];
  for (const { priceSession, exclusion } of market.securities.values()) {
    if (priceSession === null || exclusion === 'INACTIVE') continue;
    active += 1;
    if (priceSession === session) priced += 1;
  }
  if (active === 0) return null;
  const measured = toPercent(priced, active);
  const { minPct } = config.coverage;
  return {
    status: measured < minPct ? 'hold' : 'pass',
    measured,
    threshold: minPct,
    text: `${formatCount(priced)} of ${formatCount(active)} active symbols have a price: ${formatPercent(measured)}`,
  };
}

function judgeCap({ market, session, pastCaps, config }: GateFacts): JudgedPart | null {
  let [totalUsd, pricedUsd] = [0, 0];
  for (const [index, symbol] of pastCaps.symbols.entries()) {
    const capUsd = pastCaps.capsUsd[index] ?? 0;
    const security = capUsd > 0 ? market.securities.get(symbol) : undefined;
    if (security === undefined || security.exclusion === 'NOT_COMMON' || security.exclusion === 'INACTIVE') continue;
    totalUsd += capUsd;
    if (security.priceSession === session) pricedUsd += capUsd;
  }
  if (totalUsd === 0) return null;
  const measured = toPercent(pricedUsd, totalUsd);
  const { minCapPct } = config.coverage;
  return {
    status: measured < minCapPct ? 'hold' : 'pass',
    measured,
    threshold: minCapPct,
    text: `stocks with ${formatPercent(measured)} of the previous market cap have a price`,
  };
}
