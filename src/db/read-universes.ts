import { sql } from 'kysely';
import { PipelineError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from './database.js';
import { toNumber } from './tables.js';

/** Symbols named in an overview: enough to recognise what happened, not a second copy of the audit. */
const LISTED_SYMBOLS = 10;

/** A published universe: its size now, and what the newest session changed. */
export interface UniverseOverview {
  /** What to ask for it by: the key, or `name/key` where an earlier universe has the same key. */
  readonly universe: string;
  readonly type: string;
  readonly name: string;
  readonly key: string;
  readonly title: string;
  readonly cacheType: string;
  readonly count: number;
  readonly added: number;
  readonly removed: number;
  /** The first few of those, highest rank first for what came in. */
  readonly addedSymbols: readonly string[];
  readonly removedSymbols: readonly string[];
  readonly held: boolean;
  readonly session: SessionDate;
}

export interface UniverseMember {
  readonly symbol: string;
  readonly name: string | null;
  readonly position: number;
  /** USD; null for ETFs and stocks without one. */
  readonly marketCapUsd: number | null;
  readonly close: number | null;
  readonly sector: string | null;
  readonly industry: string | null;
  /** First session of the membership that is open now. */
  readonly since: SessionDate;
}

export interface UniverseDetail extends UniverseOverview {
  readonly members: readonly UniverseMember[];
  /** What the newest session changed, with the reason. */
  readonly changes: readonly { symbol: string; action: 'added' | 'removed'; reason: string }[];
}

/** Every universe that is published, in the order they were first published. */
export async function readUniverses(database: Database): Promise<UniverseOverview[]> {
  const { rows } = await sql<Omit<UniverseOverview, 'universe'>>`
    with newest as (
      select max(session) as session from pipeline.phase_run
      where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')
    ), sizes as (
      select universe_id, count(*)::int as count from pipeline.membership
      where valid_to is null and known_to is null group by universe_id
    ), changes as (
      select universe_id, (count(*) filter (where action = 'added'))::int as added,
             (count(*) filter (where action = 'removed'))::int as removed,
             (array_agg(symbol order by id) filter (where action = 'added'))[1:${LISTED_SYMBOLS}] as "addedSymbols",
             (array_agg(symbol order by id) filter (where action = 'removed'))[1:${LISTED_SYMBOLS}] as "removedSymbols"
      from pipeline.membership_change where session = (select session from newest) group by universe_id
    )
    select u.type, u.name, u.key, u.title, u.cache_type as "cacheType", to_char(newest.session, 'YYYY-MM-DD') as session,
           coalesce(sizes.count, 0) as count, coalesce(changes.added, 0) as added, coalesce(changes.removed, 0) as removed,
           coalesce(changes."addedSymbols", '{}') as "addedSymbols", coalesce(changes."removedSymbols", '{}') as "removedSymbols",
           exists (select from pipeline.hold h
                   where h.universe_id = u.id and h.session = newest.session and h.state = 'open') as held
    from pipeline.universe u
    cross join newest
    left join sizes on sizes.universe_id = u.id
    left join changes on changes.universe_id = u.id
    where u.retired_session is null and u.cache_type <> 'stats' and newest.session is not null
    order by u.id`.execute(database.db);
  const taken = new Set<string>();
  return rows.map((row) => {
    const universe = taken.has(row.key) ? `${row.name}/${row.key}` : row.key;
    taken.add(row.key);
    return { universe, ...row };
  });
}

/**
 * One universe with its members, in the order they are published: stocks by market cap; ETFs as a combination's policy lists them,
 * elsewhere by dollar volume. A held universe is in the order of the newest session's figures.
 *
 * @param name a key (`top_500`), or `name/key` (`complete/top_1000`) where two universes have the same key
 * @throws EOD_UNIVERSE_UNKNOWN
 */
export async function readUniverse(database: Database, name: string): Promise<UniverseDetail> {
  const found = await readMembers(database, name);
  const { rows: changes } = await sql<UniverseDetail['changes'][number]>`
    select c.symbol, c.action, c.reason
    from pipeline.membership_change c
    join pipeline.universe u on u.id = c.universe_id
    where u.type = ${found.type} and u.name = ${found.name} and u.key = ${found.key} and c.session = ${found.session}
    order by c.id`.execute(database.db);
  return { ...found, changes };
}

/**
 * The same without its changes, all members or a page of them: one of 143,000 is more than a service should hold at once.
 * @throws EOD_UNIVERSE_UNKNOWN
 */
export async function readMembers(
  database: Database,
  name: string,
  { limit, offset = 0 }: { readonly limit?: number; readonly offset?: number } = {},
): Promise<UniverseOverview & Pick<UniverseDetail, 'members'>> {
  const universes = await readUniverses(database);
  const found = universes.find((each) => [each.universe, `${each.name}/${each.key}`].includes(name));
  if (found === undefined) throw unknownUniverse(name, universes);
  const { rows: members } = await sql<
    Omit<UniverseMember, 'position' | 'marketCapUsd' | 'close'> & {
      market_cap_usd: string | null;
      close: string | null;
    }
  >`
    select m.symbol, s.name, v.market_cap_usd, v.close, s.sector, s.industry, to_char(m.valid_from, 'YYYY-MM-DD') as since
    from pipeline.membership m
    join pipeline.universe u on u.id = m.universe_id
    left join symbols s on s.symbol = m.symbol
    left join pipeline.valuation v on v.session = ${found.session} and v.symbol = m.symbol
    where u.type = ${found.type} and u.name = ${found.name} and u.key = ${found.key}
      and m.valid_to is null and m.known_to is null
    order by s.type is not distinct from 'ETF',
             case when s.type = 'ETF' then array_position(array(select jsonb_array_elements_text(u.policy -> 'etfs')), m.symbol) end,
             case when s.type = 'ETF' then 0 else coalesce(v.market_cap_usd, 0) end desc,
             coalesce(v.dollar_volume_usd, 0) desc, m.symbol
    limit ${limit ?? null} offset ${offset}`.execute(database.db);
  return {
    ...found,
    members: members.map(({ market_cap_usd: cap, close, ...member }, index) => ({
      ...member,
      position: offset + index + 1,
      marketCapUsd: cap === null ? null : toNumber(cap),
      close: close === null ? null : toNumber(close),
    })),
  };
}

/** A symbol and the universes it is a member of now. */
export interface SymbolUniverses {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly active: boolean;
  /** In the order the universes were first published. */
  readonly universes: readonly {
    /** As `UniverseOverview.universe`. */
    readonly universe: string;
    readonly type: string;
    readonly title: string;
    readonly since: SessionDate;
  }[];
}

/** @throws EOD_SYMBOL_UNKNOWN */
export async function readSymbolUniverses(database: Database, symbol: string): Promise<SymbolUniverses> {
  const { rows: symbols } = await sql<Omit<SymbolUniverses, 'universes'>>`
    select symbol, name, type, coalesce(active, false) as active from symbols where symbol = ${symbol}`.execute(
    database.db,
  );
  const found = symbols[0];
  if (found === undefined) {
    throw new PipelineError('EOD_SYMBOL_UNKNOWN', `there is no symbol "${symbol}"`, {
      hint: 'symbols are written as the import has them, in capital letters, for example BRK.B',
    });
  }
  const { rows: universes } = await sql<SymbolUniverses['universes'][number]>`
    with named as (
      select id, type, title,
             case when row_number() over (partition by key order by id) = 1 then key else name || '/' || key end as universe
      from pipeline.universe
      where retired_session is null and cache_type <> 'stats'
    )
    select u.universe, u.type, u.title, to_char(m.valid_from, 'YYYY-MM-DD') as since
    from pipeline.membership m
    join named u on u.id = m.universe_id
    where m.symbol = ${symbol} and m.valid_to is null and m.known_to is null
    order by u.id`.execute(database.db);
  return { ...found, universes };
}

/** Changes whenever a cache sync has completed: what was read under the same value is still what is published. */
export async function readPublication(database: Database): Promise<string> {
  const { rows } = await sql<{ publication: string }>`
    select to_char(p.session, 'YYYYMMDD') || '-' || r.fence as publication
    from pipeline.phase_run p
    join pipeline.run r on r.id = p.run_id
    where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds')
    order by p.session desc, r.fence desc
    limit 1`.execute(database.db);
  return rows[0]?.publication ?? 'none';
}

function unknownUniverse(name: string, universes: readonly UniverseOverview[]): PipelineError {
  if (universes.length === 0) {
    return new PipelineError('EOD_UNIVERSE_UNKNOWN', `there is no universe "${name}": none has been published yet`, {
      hint: 'run `tickstock run` first',
    });
  }
  const nearest = nearestName(
    name,
    universes.map((each) => each.universe),
  );
  return new PipelineError('EOD_UNIVERSE_UNKNOWN', `there is no universe "${name}"`, {
    hint: `${nearest ? `did you mean "${nearest}"? ` : ''}\`tickstock universe\` lists all ${universes.length}`,
  });
}
