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
import type { Valued } from '../market.js';

/**
 * Who has a price in the session, of those that ought to: percent of active symbols that have traded lately, and percent of the market cap
 * of the session before.
 *
 * Lately is within as many sessions as a delisting takes, held ones too: only complete sessions find anybody delisted, and those who are gone for
 * good would hold every session to come.
 *
 * Edges: stocks only by market cap: preferreds and notes often come with the cap of their whole company.
 */
export const coverage: Gate = {
  id: 'coverage',
  check: (facts) => {
    if (!isLargeEnough(facts) && countTraded(facts) < facts.config.minSymbols)
      return [notMeasured('coverage', TOO_SMALL)];
    const parts = [judgeNumber(facts), judgeCap(facts)].filter((part) => part !== null);
    return [toResult('coverage', parts, 'nothing has traded lately')];
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

/** Whether a symbol was there until lately. */
function isExpected({ priceSession, exclusion }: Valued, { tradedSince }: GateFacts): boolean {
  return priceSession !== null && exclusion !== 'INACTIVE' && (tradedSince === null || priceSession >= tradedSince);
}

function judgeNumber(facts: GateFacts): JudgedPart | null {
  const { market, session, config } = facts;
  let [active, priced] = [0, 0];
  for (const security of market.securities.values()) {
    if (!isExpected(security, facts)) continue;
    active += 1;
    if (security.priceSession === session) priced += 1;
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

function judgeCap(facts: GateFacts): JudgedPart | null {
  const { market, session, pastCaps, config } = facts;
  let [totalUsd, pricedUsd] = [0, 0];
  for (const [index, symbol] of pastCaps.symbols.entries()) {
    const capUsd = pastCaps.capsUsd[index] ?? 0;
    const security = capUsd > 0 ? market.securities.get(symbol) : undefined;
    if (security === undefined || security.exclusion === 'NOT_COMMON' || !isExpected(security, facts)) continue;
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
