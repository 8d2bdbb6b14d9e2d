import type { Config } from '../../../src/config/schema/index.js';

/** The parts of the configuration that rows can override. */
export type OverriddenConfig = Pick<Config, 'universes' | 'themes'>;

/** A name of `cache_config` rows: the setting it overrides, and how. */
export interface Override {
  readonly name: string;
  /** Path of the setting. */
  readonly place: readonly string[];
  /** Keys of the entries in the configuration. */
  keysOf(config: OverriddenConfig): readonly string[];
  /**
   * The setting with the entries, not validated.
   * @param isWhole whether some entries came as one object instead of one row each
   */
  merge(config: OverriddenConfig, entries: ReadonlyMap<string, unknown>, isWhole: boolean): unknown;
}

/**
 * Every name that overrides a setting, one entry each.
 *
 * An object of market-cap thresholds replaces all bands, as in the old job; a row per threshold changes or adds that one. A list of symbols is
 * exactly the theme or category of that key, as in the old job: only its title stays. An object changes the settings that it names.
 */
export const OVERRIDES: readonly Override[] = [
  {
    name: 'market_cap_thresholds',
    place: ['universes', 'bands'],
    keysOf: ({ universes }) => universes.bands.map((band) => band.key),
    merge: ({ universes: { bands } }, entries, isWhole) => [
      ...(isWhole ? [] : bands.filter((band) => !entries.has(band.key))),
      ...[...entries].map(([key, minUsd]) => {
        const known = bands.find((band) => band.key === key);
        return { ...known, key, title: known?.title ?? toTitle(key), minUsd };
      }),
    ],
  },
  {
    name: 'theme_definitions',
    place: ['themes'],
    keysOf: ({ themes }) => themes.map((theme) => theme.key),
    merge: ({ themes }, entries) => mergeLists(themes, entries),
  },
  {
    name: 'etf_categories',
    place: ['universes', 'etfCategories'],
    keysOf: ({ universes }) => universes.etfCategories.map((category) => category.key),
    merge: ({ universes }, entries) => mergeLists(universes.etfCategories, entries),
  },
  {
    name: 'industry_groups',
    place: ['universes', 'industryGroups'],
    keysOf: () => ['groups', 'minStocks', 'min_stocks', 'size'],
    merge: ({ universes }, entries) => mergeFields(universes.industryGroups, entries),
  },
  {
    name: 'complete_limits',
    place: ['universes', 'complete'],
    keysOf: () => ['stocks', 'etfs', ...Object.keys(OLD_LIMITS)],
    merge: ({ universes }, entries) =>
      mergeFields(universes.complete, new Map([...entries].map(([key, value]) => [OLD_LIMITS[key] ?? key, value]))),
  },
];

/** Names of the old job. */
const OLD_LIMITS: Readonly<Record<string, string>> = {
  stocks_full_metadata_limit: 'stocks',
  etfs_full_metadata_limit: 'etfs',
};

interface SymbolList {
  readonly key: string;
  readonly title: string;
}

function mergeLists(lists: readonly SymbolList[], entries: ReadonlyMap<string, unknown>): unknown[] {
  const added = [...entries.keys()].filter((key) => lists.every((list) => list.key !== key));
  return [...lists, ...added.map((key) => ({ key, title: toTitle(key) }))].map((list) => {
    const value = entries.get(list.key);
    if (value === undefined) return list;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...list, ...value };
    // Rules would add more. Duplicate symbols are dropped.
    const { key, title } = list;
    return { key, title, symbols: Array.isArray(value) ? [...new Set<unknown>(value)] : value };
  });
}

function mergeFields(fields: object, entries: ReadonlyMap<string, unknown>): object {
  const given = [...entries].map(([key, value]) => [toFieldName(key), value]);
  return { ...fields, ...(Object.fromEntries(given) as object) };
}

/** `min_stocks` → `minStocks` */
export function toFieldName(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `nano_cap` → `Nano Cap` */
function toTitle(key: string): string {
  return key.replace(/[a-z0-9]+/g, (word) => word.slice(0, 1).toUpperCase() + word.slice(1)).replaceAll('_', ' ');
}
