import type { SectorConfig } from '../../../src/config/schema/index.js';
import { countBy } from '../../../src/core/count-by.js';
import type { Universe, UniverseIdentity } from '../universes/rule.js';
import type { Valued } from '../valuation/market.js';

/** The universe that the sectors divide. */
export const ALL_STOCKS = ({ type, name, key }: UniverseIdentity): boolean =>
  type === 'stock_universe' && name === 'complete' && key === 'all_stocks';

interface SectorGroup {
  readonly name: string;
  readonly description: string;
  readonly symbols: readonly string[];
  readonly industries: readonly string[];
}

const NAMED_AT_MOST = 10;

/**
 * All stocks by GICS sector, each with its industry, in the order of the list of all stocks.
 *
 * Edges: a symbol that is listed decides first, then the industry, then the sector of the source. A stock whose sector and industry are in no
 *        list is in no group, and a warning names both; one without either is in no group. A text that a narrow column has truncated is found by
 *        its beginning.
 * Source: config/sectors.yaml.
 */
export function toSectorGroups(
  { members }: Pick<Universe, 'members'>,
  sectors: readonly SectorConfig[],
): { readonly groups: readonly SectorGroup[]; readonly warnings: readonly string[] } {
  const find = createFinder(sectors);
  const groups = new Map(sectors.map(({ key }) => [key, { symbols: [] as string[], industries: [] as string[] }]));
  const unknown: string[] = [];
  for (const stock of members) {
    const group = groups.get(find(stock) ?? '');
    if (group !== undefined) {
      group.symbols.push(stock.symbol);
      group.industries.push(stock.industry || 'Unknown');
    } else if (stock.sector || stock.industry) {
      unknown.push(`${stock.sector || 'no sector'}: ${stock.industry || 'no industry'}`);
    }
  }
  return {
    groups: sectors.map(({ key, title }) => ({
      name: key,
      description: title,
      symbols: groups.get(key)?.symbols ?? [],
      industries: groups.get(key)?.industries ?? [],
    })),
    warnings: describeUnknown(unknown),
  };
}

/** Finds the key of the sector of a stock. */
function createFinder(sectors: readonly SectorConfig[]): (stock: Valued) => string | undefined {
  const [bySymbol, byIndustry, bySector] = (['symbols', 'industries', 'sectors'] as const).map((list) => {
    const keys = sectors.flatMap((sector) => sector[list].map((text) => [toComparable(text), sector.key] as const));
    return createLookup(new Map(keys), list === 'symbols' ? Infinity : TRUNCATED_FROM);
  });
  return ({ symbol, sector, industry }) =>
    bySymbol?.(symbol) ?? byIndustry?.(industry ?? '') ?? bySector?.(sector ?? '');
}

/** Shorter texts may be the beginning of another one by chance. */
const TRUNCATED_FROM = 12;

/** Finds a text, or the only sector of the texts that begin with it; each text once, because a market has thousands of stocks and few industries. */
function createLookup(keys: ReadonlyMap<string, string>, truncatedFrom: number): (text: string) => string | undefined {
  const found = new Map<string, string | undefined>();
  return (text) => {
    const comparable = toComparable(text);
    if (found.has(comparable)) return found.get(comparable);
    const begun =
      comparable.length < truncatedFrom
        ? new Set<string>()
        : new Set([...keys].flatMap(([each, key]) => (each.startsWith(comparable) ? [key] : [])));
    const key = keys.get(comparable) ?? (begun.size === 1 ? [...begun][0] : undefined);
    found.set(comparable, key);
    return key;
  };
}

function toComparable(text: string): string {
  return text.trim().toLowerCase();
}

function describeUnknown(unknown: readonly string[]): string[] {
  if (unknown.length === 0) return [];
  const counts = Object.entries(countBy(unknown)).toSorted(([, left], [, right]) => right - left);
  const named = counts.slice(0, NAMED_AT_MOST).map(([text, count]) => `${text} (${count})`);
  const more = counts.length > NAMED_AT_MOST ? `, and ${counts.length - NAMED_AT_MOST} more` : '';
  const stocks = unknown.length === 1 ? '1 stock is' : `${unknown.length} stocks are`;
  return [
    `${stocks} in no group of type SECTOR, because config/sectors.yaml lists none of: ${named.join(', ')}${more}`,
  ];
}
