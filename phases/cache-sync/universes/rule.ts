import type { Config } from '../../../src/config/schema/index.js';
import type { SyncTask } from '../task.js';
import type { Market, Valued } from '../valuation/market.js';
import type { UniverseLimits } from './limits.js';

/** The form in which the consumer reads a universe; each layout turns it into its rows. */
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

/** Why a symbol joins or leaves by this rule, when nothing about the symbol itself explains it. */
interface RuleReasons {
  readonly added: string;
  readonly removed: string;
}

/** A named set of symbols for one session. `type`, `name` and `key` are the consumer's; together they are the identity of the universe. */
export interface Universe {
  readonly type: string;
  readonly name: string;
  readonly key: string;
  readonly title: string;
  readonly cacheType: CacheType;
  readonly form: UniverseForm;
  /** The parameters of the rule, stored with the universe so that later readers know its meaning. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** In published order. */
  readonly members: readonly Valued[];
  /** Ranks or market caps at which stocks enter and leave; absent where size does not decide. */
  readonly limits?: UniverseLimits;
  /** Every class of the companies with several, by the ticker that stands for the company; absent where each security counts. */
  readonly classes?: ReadonlyMap<string, readonly string[]>;
  readonly reasons: RuleReasons;
  /** Reasons of single symbols that join or leave, where the rule has a better one than `reasons`. */
  readonly memberReasons?: ReadonlyMap<string, string>;
  /**
   * The meaning of an empty selection for a universe with members: `hold` (bad data: keep the members of the session before), or `fact`
   * (there are none).
   */
  readonly whenEmpty: 'hold' | 'allow';
  /** `any`: members come and go with every session, so that an exchange of many says nothing about the data. Default: it may be held for that. */
  readonly turnover?: 'any';
}

/** Figures about the whole market; published beside the universes, without members. */
export interface Statistics {
  readonly totalStocks: number;
  readonly uniqueSectors: number;
  readonly uniqueExchanges: number;
  readonly totalMarketCapUsd: number;
  readonly averageMarketCapUsd: number;
  /** With the share classes of a company counted once. */
  readonly totalCompanies: number;
  readonly companyMarketCapUsd: number;
}

/** Identity of a universe: the consumer's type, name and key. */
export type UniverseIdentity = Pick<Universe, 'type' | 'name' | 'key'>;

/** Why a universe ends. */
export interface Ending {
  readonly reason: string;
  /** What ended it: settings that a person changed or left out, which a person confirms; or the market. */
  readonly by: 'configuration' | 'market';
}

/** One file of `rules/`: selects the universes of one kind from the market alone, in one pass, without I/O. */
export interface UniverseRule {
  readonly id: string;
  /** Raised whenever the rule decides differently: published sessions are then computed again, although their input has not changed. */
  readonly version: number;
  /** The part of cache sync it belongs to: which modes run it, and the name of its changes. */
  readonly task: Exclude<SyncTask, 'delisted_cleanup'>;
  /** Whether a published universe belongs to this rule. */
  matchesUniverse(identity: UniverseIdentity): boolean;
  /**
   * The meaning of a universe of this rule that is no longer selected: the reason why its members leave, or `hold` when only bad data
   * explains it. A rule that selects no universe at all always holds.
   */
  whenNotSelected(identity: UniverseIdentity, config: Config): 'hold' | Ending;
  select(market: Market, config: Config): readonly Universe[];
  /** Of a rule that divides all stocks: the part a stock belongs to. Where it is another one, it explains that a universe is not selected any more. */
  readonly partOf?: (stock: Valued) => string | null;
}
