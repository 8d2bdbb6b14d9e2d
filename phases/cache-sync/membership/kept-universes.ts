import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { OpenUniverse } from './compare-memberships.js';
import { READ_ORDERS, READ_UNIVERSES } from './read-stored.sql.js';
import { compareRanks, type Market, type Security, type Valued } from '../valuation/market.js';
import type { Universe, UniverseForm } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** Universes to be shown with their current members, whatever is selected for them. */
export interface KeptUniverses {
  readonly universes: readonly OpenUniverse[];
  /** The newest selection of each universe, by name; missing universes were not selected at all. */
  readonly selected: ReadonlyMap<string, Universe>;
  readonly market: Market;
}

/**
 * Universes in the form that rules publish, with members that were kept: figures are those of the market, the order is the stored one of
 * the newest publish, then that of the ranks, as in `pipeline.members_with_figures`.
 *
 * Edges: members that are no longer in the market have only a symbol. A universe that was not selected is described by its stored record.
 *        Statistics have no members to show.
 */
export async function listKept(
  client: PoolClient,
  { universes, selected, market }: KeptUniverses,
): Promise<Universe[]> {
  const stored = await readStored(
    client,
    universes.flatMap((universe) => (selected.has(toUniverseName(universe)) ? [] : [universe.id])),
  );
  const places = await readPlaces(client, universes, market.session);
  return universes.flatMap((open) => {
    const known = selected.get(toUniverseName(open));
    const order = places.get(open.id) ?? [];
    if (known !== undefined) return [{ ...known, members: orderMembers(order, open.symbols, market) }];
    const old = stored.get(open.id);
    if (old === undefined || old.cacheType === 'stats') return [];
    const members = orderMembers(order, open.symbols, market);
    return [{ ...old, form: toForm(old, members), members, reasons: KEPT, whenEmpty: 'hold' }];
  });
}

/** No symbol joins or leaves. */
const KEPT = { added: 'KEPT', removed: 'KEPT' };

function orderMembers(order: readonly string[], symbols: readonly string[], market: Market): Valued[] {
  const places = new Map(order.map((symbol, index) => [symbol, index]));
  const placeOf = ({ symbol }: Valued): number => places.get(symbol) ?? places.size;
  return symbols
    .map((symbol) => market.securities.get(symbol) ?? toUnknown(symbol))
    .sort((left, right) => placeOf(left) - placeOf(right) || compareRanks(left, right));
}

/** The stored order of universes whose members are not in rank order, by universe id. */
async function readPlaces(
  client: PoolClient,
  universes: readonly OpenUniverse[],
  session: SessionDate,
): Promise<Map<number, string[]>> {
  if (universes.length === 0) return new Map();
  const rows = await READ_ORDERS.rows(client, { universeIds: universes.map(({ id }) => id), session });
  return new Map(rows.map(({ id, symbols }) => [id, symbols ?? []]));
}

const NOTHING: Omit<Security, 'symbol' | 'quotedPreviousClose' | 'quotedMarketCapUsd' | 'isCapWithdrawn' | 'isQuiet'> =
  {
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
    seenSession: null,
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
    doubt: null,
    countSince: null,
    formerCounts: [],
    rank: null,
    sectorGroup: null,
    sectorRank: null,
    industryGroup: null,
    industryRank: null,
    etfRank: null,
    company: null,
    companyRank: null,
  };
}

type StoredUniverse = Pick<Universe, 'type' | 'name' | 'key' | 'title' | 'cacheType' | 'policy'>;

async function readStored(client: PoolClient, ids: readonly number[]): Promise<Map<number, StoredUniverse>> {
  if (ids.length === 0) return new Map();
  const rows = await READ_UNIVERSES.rows(client, { ids });
  return new Map(rows.map(({ id, ...universe }) => [id, universe]));
}

/** In the form of its rule; statistics have none. */
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
