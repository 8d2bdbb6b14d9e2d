import { describeUniverse } from '../describe-universe.js';
import type { CacheLayout, ProjectionRow } from '../layout.js';
import type { Universe } from '../../universes/rule.js';
import { assignKeys } from '../universe-keys.js';
import { universe } from './universe.js';

/** As the consumer filters on it. */
const ETF_CATEGORY = 'ETF';

/**
 * The layout of the reference tests: one row per universe, its tickers in a column of their own.
 *
 * Source: appv2-contract section 1. Nothing is filtered by liquidity, so `liquidity_filter` is empty in new rows and unchanged in others. Category
 * and further metadata of a row that was there stay.
 */
export const symbols: CacheLayout = {
  id: 'symbols',
  table: {
    identity: { cache_key: 'key' },
    tableFilter: {},
    initial: { liquidity_filter: `'{}'::jsonb` },
    content: [
      { column: 'symbols', type: 'jsonb' },
      { column: 'universe_category', type: 'text', whenStored: 'keep' },
      { column: 'universe_metadata', type: 'jsonb', whenStored: 'merge' },
    ],
    updatedAt: 'last_universe_update',
  },
  managed: { column: 'universe_category', values: [...universe.managed.values, ETF_CATEGORY] },
  *rows(universes, _at, ids) {
    const keyOf = assignKeys(universes, ids);
    for (const each of universes) yield toRow(each, keyOf(each));
  },
};

function toRow(shown: Universe, key: string): ProjectionRow {
  let values: readonly string[] | undefined;
  return {
    type: symbols.id,
    name: '',
    key,
    universe: shown,
    get values() {
      return (values ??= [
        JSON.stringify(shown.members.map((member) => member.symbol)),
        shown.cacheType === 'etf' ? ETF_CATEGORY : shown.cacheType,
        JSON.stringify({ ...describeUniverse(shown), count: shown.members.length }),
      ]);
    },
    get content() {
      return this.values.join(' ');
    },
  };
}
