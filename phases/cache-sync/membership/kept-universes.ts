import type { PoolClient } from 'pg';
import type { OpenUniverse } from './compare-memberships.js';
import type { Market, Security, Valued } from '../valuation/market.js';
import type { Universe, UniverseForm } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { compareStocks } from '../valuation/value-stocks.js';

/** Universes to be shown with the members they have, whatever is selected for them. */
export interface KeptUniverses {
  readonly universes: readonly OpenUniverse[];
  /** The newest selection of each universe, by name; who is not in it was not selected at all. */
  readonly selected: ReadonlyMap<string, Universe>;
  readonly market: Market;
}

/**
 * Universes as a rule would publish them, with members that were kept: figures and order are those of the market.
 *
 * Edges: of members the market does not know any more only the symbol is there. A universe that was not selected is described by what is stored
 *        of it. Statistics have no members to show.
 */
export async function listKept(
  client: PoolClient,
  { universes, selected, market }: KeptUniverses,
): Promise<Universe[]> {
  const stored = await readStored(
    client,
    universes.flatMap((universe) => (selected.has(toUniverseName(universe)) ? [] : [universe.id])),
  );
  return universes.flatMap((open) => {
    const known = selected.get(toUniverseName(open));
    if (known !== undefined) return [{ ...known, members: orderMembers(known, open.symbols, market) }];
    const old = stored.get(open.id);
    if (old === undefined || old.cacheType === 'stats') return [];
    const members = orderMembers(old, open.symbols, market);
    return [{ ...old, form: toForm(old, members), members, reasons: KEPT, whenEmpty: 'hold' }];
  });
}

/** Nobody enters or leaves. */
const KEPT = { added: 'KEPT', removed: 'KEPT' };

function orderMembers({ type, policy }: StoredUniverse, symbols: readonly string[], market: Market): Valued[] {
  const members = symbols.map((symbol) => market.securities.get(symbol) ?? toUnknown(symbol));
  const byVolume = (left: Valued, right: Valued): number =>
    (right.dollarVolumeUsd ?? 0) - (left.dollarVolumeUsd ?? 0) || (left.symbol < right.symbol ? -1 : 1);
  if (type === 'etf_universe') return members.sort(byVolume);
  // Largest stocks, then the core ETFs as they are configured.
  const etfs: readonly unknown[] = Array.isArray(policy['etfs']) ? policy['etfs'] : [];
  const place = ({ symbol }: Valued): number => etfs.indexOf(symbol);
  return members.sort((left, right) => place(left) - place(right) || compareStocks(left, right));
}

const NOTHING: Omit<Security, 'symbol' | 'quotedPreviousClose' | 'quotedMarketCapUsd'> = {
  name: null,
  type: null,
  exchange: null,
  market: null,
  sector: null,
  industry: null,
  sicCode: null,
  listDate: null,
  sharesOutstanding: null,
  etfType: null,
  issuer: null,
  aumMillions: null,
  close: null,
  volumeShares: null,
  priceSession: null,
};

function toUnknown(symbol: string): Valued {
  return {
    symbol,
    ...NOTHING,
    marketCapUsd: null,
    dollarVolumeUsd: null,
    capSource: 'none',
    exclusion: 'INACTIVE',
    flags: [],
    rawCapUsd: null,
    suspectSessions: 0,
    rank: null,
  };
}

type StoredUniverse = Pick<Universe, 'type' | 'name' | 'key' | 'title' | 'cacheType' | 'policy'>;

async function readStored(client: PoolClient, ids: readonly number[]): Promise<Map<number, StoredUniverse>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<StoredUniverse & { id: number }>(
    `select id, type, name, key, title, cache_type as "cacheType", policy from pipeline.universe where id = any ($1::int[])`,
    [ids],
  );
  return new Map(rows.map(({ id, ...universe }) => [id, universe]));
}

/** As the rule of its kind gives it; of statistics there is none. */
function toForm({ cacheType, policy }: StoredUniverse, members: readonly Valued[]): UniverseForm {
  switch (cacheType) {
    case 'theme':
      return { kind: 'theme' };
    case 'etf':
      return { kind: 'etf-category' };
    case 'industry':
      return { kind: 'industry-list', sector: members.find(({ sector }) => sector !== null)?.sector ?? 'Unknown' };
    case 'complete':
      if (policy['size'] === null) return { kind: 'ticker-list' };
      return { kind: policy['of'] === 'etfs' ? 'etf-list' : 'stock-list' };
    case 'combo': {
      const etfs = Array.isArray(policy['etfs']) ? policy['etfs'].length : 0;
      return { kind: 'combination', description: `Top ${String(policy['stocks'])} stocks and ${etfs} core ETFs` };
    }
    default:
      return { kind: 'stock-list' };
  }
}
