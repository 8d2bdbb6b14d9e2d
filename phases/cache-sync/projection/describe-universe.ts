import type { Statistics, Universe } from '../universes/rule.js';

/**
 * Describes a universe for layouts that store this beside the symbols: kind, title, and of its rule the market-cap range (USD, `max` null
 * for an open band), sector, industry, number of ranks, days since the listing, or the classes of companies.
 */
export function describeUniverse({
  cacheType,
  title,
  policy,
  form,
  members,
  classes,
}: Universe): Record<string, unknown> {
  const { minUsd, maxUsd, sector, industry, size, days } = policy;
  return {
    type: cacheType,
    title,
    ...(typeof minUsd === 'number' && { market_cap_range: { min: minUsd, max: maxUsd ?? null } }),
    ...(typeof sector === 'string' && { sector }),
    ...(typeof industry === 'string' && { industry }),
    ...(typeof size === 'number' && { rank: size }),
    ...(typeof days === 'number' && { listed_within_days: days }),
    ...(classes !== undefined && { by: 'company', classes: listShown(members, classes) }),
    ...(form.kind === 'combination' && { description: form.description }),
    ...(form.kind === 'statistics' && toOverview(form.statistics)),
  };
}

/** Member → its classes, of the companies with several. */
function listShown(members: Universe['members'], classes: NonNullable<Universe['classes']>): Record<string, unknown> {
  return Object.fromEntries(
    members.flatMap(({ symbol }) => (classes.has(symbol) ? [[symbol, classes.get(symbol)]] : [])),
  );
}

/** The statistics under the consumer's names. Money in USD. */
export function toOverview(statistics: Statistics): Record<string, number> {
  return {
    total_stocks: statistics.totalStocks,
    unique_sectors: statistics.uniqueSectors,
    unique_exchanges: statistics.uniqueExchanges,
    total_market_cap: statistics.totalMarketCapUsd,
    average_market_cap: statistics.averageMarketCapUsd,
    total_companies: statistics.totalCompanies,
    company_market_cap: statistics.companyMarketCapUsd,
  };
}
