import { describeUniverse } from '../describe-universe.js';
import type { CacheLayout, ProjectionRow } from '../layout.js';
import type { Universe } from '../../universes/rule.js';
import { assignKeys } from '../universe-keys.js';

/**
 * The layout of the migration guide: one row per universe, with its tickers and its kind.
 *
 * Source: appv2-contract section 1. Market statistics are in `metadata`.
 */
export const universe: CacheLayout = {
  id: 'universe',
  table: {
    identity: { universe: 'key' },
    tableFilter: {},
    initial: {},
    content: [
      { column: 'content', type: 'jsonb', timeField: 'last_updated' },
      { column: 'cache_type', type: 'text' },
    ],
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  managed: {
    column: 'cache_type',
    values: ['market_cap', 'market_leader', 'sector', 'industry', 'theme', 'ipo', 'etf', 'complete', 'combo', 'stats'],
  },
  *rows(universes, at, ids) {
    const keyOf = assignKeys(universes, ids);
    for (const each of universes) yield toRow(each, keyOf(each), at);
  },
};

function toRow(shown: Universe, key: string, at: Date): ProjectionRow {
  let texts: { readonly values: readonly string[]; readonly content: string } | undefined;
  const make = () => {
    const symbols = `"symbols":${JSON.stringify(shown.members.map((member) => member.symbol))}`;
    const count = `"count":${shown.members.length}`;
    const updated = `"last_updated":${JSON.stringify(at.toISOString())}`;
    const metadata = `"metadata":${JSON.stringify(describeUniverse(shown))}`;
    return {
      values: [`{${symbols},${count},${updated},${metadata}}`, shown.cacheType],
      content: `{${symbols},${metadata}} ${shown.cacheType}`,
    };
  };
  return {
    type: universe.id,
    name: '',
    key,
    universe: shown,
    get values() {
      return (texts ??= make()).values;
    },
    get content() {
      return (texts ??= make()).content;
    },
  };
}
