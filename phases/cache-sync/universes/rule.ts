import type { Config } from '../../../src/config/schema/index.js';
import type { SyncTask } from '../task.js';
import type { Market, Valued } from '../valuation/market.js';
import type { UniverseLimits } from './limits.js';

/** How the consumer reads a universe; each layout turns the form into its rows. */
export type UniverseForm =
  | { readonly kind: 'stock-list' }
  | { readonly kind: 'industry-list'; readonly sector: string }
  | { readonly kind: 'ticker-list' }
  | { readonly kind: 'theme' }
  | { readonly kind: 'etf-list' }
  | { readonly kind: 'etf-category' }
  | { readonly kind: 'combination'; readonly description: string }
  | { readonly kind: 'statistics'; readonly statistics: Statistics };

export type CacheType =
  'market_cap' | 'market_leader' | 'sector' | 'industry' | 'theme' | 'ipo' | 'etf' | 'complete' | 'combo' | 'stats';

/** Why a symbol enters or leaves by this rule, where nothing about the symbol itself explains it. */
interface RuleReasons {
  readonly added: string;
  readonly removed: string;
}

/** A named set of symbols for one session. `type`, `name` and `key` are the consumer's; together they are the universe's identity. */
export interface Universe {
  readonly type: string;
  readonly name: string;
  readonly key: string;
  readonly title: string;
  readonly cacheType: CacheType;
  readonly form: UniverseForm;
  /** The rule's parameters, stored with the universe so that a later reader knows what it meant. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** In the order they are published. */
  readonly members: readonly Valued[];
  /** Ranks or market caps at which it is entered and left; absent where size does not decide. */
  readonly limits?: UniverseLimits;
  readonly reasons: RuleReasons;
  /** Reasons of single symbols that enter or leave, where the rule knows better than `reasons`. */
  readonly memberReasons?: ReadonlyMap<string, string>;
  /**
   * What an empty selection means for a universe that had members: `hold` (bad data: keep yesterday's), or `fact` (there just are none).
   */
  readonly whenEmpty: 'hold' | 'allow';
}

/** Figures about the whole market; published beside the universes, with no members of its own. */
export interface Statistics {
  readonly totalStocks: number;
  readonly uniqueSectors: number;
  readonly uniqueExchanges: number;
  readonly totalMarketCapUsd: number;
  readonly averageMarketCapUsd: number;
}

/** Whose universe it is: the consumer's type, name and key. */
export type UniverseIdentity = Pick<Universe, 'type' | 'name' | 'key'>;

/** One file of `rules/`: decides the universes of one kind from the market alone, in one pass, without I/O. */
export interface UniverseRule {
  readonly id: string;
  /** Raised whenever the rule decides differently: what was published is then computed again, although its input has not changed. */
  readonly version: number;
  /** The part of cache sync it belongs to: which modes run it, and what its changes are called. */
  readonly task: Exclude<SyncTask, 'delisted_cleanup'>;
  /** Whether a universe published before is this rule's. */
  matchesUniverse(identity: UniverseIdentity): boolean;
  /**
   * What it means when a universe of this rule is no longer given: the reason its members leave for, or `hold` where only bad data explains
   * it. A rule that gives none at all any more always holds.
   */
  whenNotSelected(identity: UniverseIdentity, config: Config): 'hold' | { readonly reason: string };
  select(market: Market, config: Config): readonly Universe[];
}
