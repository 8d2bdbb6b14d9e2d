import type { UniversesConfig } from '../../../../src/config/schema/index.js';
import { toBandedName } from '../banding.js';
import { listClasses, toPolicy } from '../by-company.js';
import { toCapLimits } from '../limits.js';
import type { Market } from '../../valuation/market.js';
import type { Universe, UniverseRule } from '../rule.js';
import { type Band, type BandMembers, splitIntoBands } from '../split-into-bands.js';

const IDENTITY = { type: 'stock_universe', name: 'market_cap' };

/**
 * Splits stocks into half-open market-cap bands, with a buffer around the limits of bands for which one is configured.
 *
 * Shape:  stocks in rank order → one universe per band, market cap descending, highest band first; and a second one where both strict and
 *         banded are published.
 * Units:  USD; `minUsd` belongs to the band, the next band's `minUsd` does not.
 * Edges:  caps below the lowest band are in none. The lists under the bands' own keys are a partition, and those with the banded lists
 *         beside them are another: in each a stock is in one band only, so a stock kept by its old band is not in the new one.
 * Source: thresholds from config/universes.yaml.
 */
export const bands: UniverseRule = {
  id: 'bands',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === IDENTITY.type && name === IDENTITY.name,
  whenNotSelected: () => ({ reason: 'BAND_REMOVED', by: 'configuration' }),
  select(market, config) {
    const configured = toBands(config.universes);
    const lists = publishBands(market, configured.map(withoutBeside));
    if (!configured.some(isBeside)) return lists;
    const besides = publishBands(
      market,
      configured.map((band) => (isBeside(band) ? { ...band, ...toBandedName(band) } : band)),
    );
    return lists.flatMap((list, index) => {
      const beside = besides[index];
      return beside === undefined || beside.key === list.key ? [list] : [list, beside];
    });
  },
};

/** Highest first. */
function toBands({ bands: configured, banding }: UniversesConfig): Band[] {
  const descending = configured.toSorted((left, right) => right.minUsd - left.minUsd);
  return descending.map((band, index) => ({
    ...band,
    maxUsd: descending[index - 1]?.minUsd ?? null,
    buffer: banding.find(({ universe }) => universe === band.key) ?? null,
  }));
}

/** Whether the banded list is published beside the strict one, not instead of it. */
function isBeside({ buffer }: Band): boolean {
  return buffer?.publish === 'both';
}

function withoutBeside(band: Band): Band {
  return isBeside(band) ? { ...band, buffer: null } : band;
}

function publishBands(market: Market, bandsOfOneKind: readonly Band[]): Universe[] {
  return splitIntoBands(market, bandsOfOneKind, IDENTITY).map((band) => toUniverse(band, market));
}

function toUniverse({ band, stocks, keptElsewhere }: BandMembers, market: Market): Universe {
  const { key, title, minUsd, maxUsd, buffer, by } = band;
  const { classes, memberReasons = new Map<string, string>() } = listClasses(by, market);
  const reasons = new Map([
    ...memberReasons,
    ...keptElsewhere.map(({ symbol }): [string, string] => [symbol, 'BANDING_OUT']),
  ]);
  return {
    ...IDENTITY,
    key,
    title,
    cacheType: 'market_cap',
    form: { kind: 'stock-list' },
    policy: { rule: 'band', minUsd, maxUsd, ...toPolicy(by), ...(buffer && { banding: { ...buffer } }) },
    members: stocks,
    ...(classes && { classes }),
    limits: toCapLimits(minUsd, maxUsd, buffer ?? undefined),
    reasons: { added: 'CAP_ENTERED_BAND', removed: 'CAP_LEFT_BAND' },
    ...(reasons.size > 0 && { memberReasons: reasons }),
    whenEmpty: 'hold',
  };
}
