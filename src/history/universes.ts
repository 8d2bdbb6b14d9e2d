import { sql, type RawBuilder } from 'kysely';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { findUniverse, type FoundUniverse } from './find-universe.js';
import { readCurrentMoment, toKnownAt, type Moment } from './point-in-time.js';
import { toNumber } from '../db/tables.js';

/** Symbols named in an overview: enough to recognise what happened, not a second copy of the audit. */
const OVERVIEW_SYMBOLS = 10;

/** A published universe: its size on a session, and what that session changed. */
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
  /** First session of the membership. */
  readonly since: SessionDate;
}

/** A universe with members, as of the overview's session. */
export interface UniversePage extends UniverseOverview {
  /** The date as it was asked for, which may have no session of its own; null for now. */
  readonly asked: SessionDate | null;
  /** UTC; what was believed then. Null for what is known now. */
  readonly knownAt: string | null;
  readonly members: readonly UniverseMember[];
}

export interface UniverseDetail extends UniversePage {
  /** What the session changed, with the reason. */
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
             (array_agg(symbol order by id) filter (where action = 'added'))[1:${OVERVIEW_SYMBOLS}] as "addedSymbols",
             (array_agg(symbol order by id) filter (where action = 'removed'))[1:${OVERVIEW_SYMBOLS}] as "removedSymbols"
      from pipeline.membership_change
      where session = (select session from newest) and superseded_at is null
      group by universe_id
    )
    select u.type, u.name, u.key, u.title, u.cache_type as "cacheType", to_char(newest.session, 'YYYY-MM-DD') as session,
           coalesce(sizes.count, 0) as count, coalesce(changes.added, 0) as added, coalesce(changes.removed, 0) as removed,
           coalesce(changes."addedSymbols", '{}') as "addedSymbols", coalesce(changes."removedSymbols", '{}') as "removedSymbols",
           exists (select from pipeline.hold h
                   where (h.universe_id = u.id or h.universe_id is null) and h.session = newest.session
                     and h.state <> 'approved' and h.lifted_at is null) as held
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
 * One universe with its members, in the order they were published. A held universe is in the order of its newest publish, then in that of the newest
 * ranks.
 *
 * Edges: of the past, names and sectors are those of then as far as they were recorded. Caps and closes are the newest figures of that
 *        session whatever `knownAt`: memberships alone are kept as they were believed.
 *
 * @param name a key (`top_500`), or `name/key` (`complete/top_1000`) where two universes have the same key
 * @throws EOD_UNIVERSE_UNKNOWN also where it was published first later, or not any more
 */
export async function readUniverse(database: Database, name: string, at?: Moment): Promise<UniverseDetail> {
  const moment = at ?? (await readCurrentMoment(database));
  const found = await readMembers(database, name, {}, moment);
  const { rows: changes } = await sql<UniverseDetail['changes'][number]>`
    select symbol, action, reason
    from pipeline.membership_change
    where universe_id = (select pipeline.find_universe(${name})) and session = ${found.session}::date and ${isBelieved(moment)}
    order by id`.execute(database.db);
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
  at?: Moment,
): Promise<UniversePage> {
  const moment = at ?? (await readCurrentMoment(database));
  const universe = await findUniverse(database, name, moment);
  const [overview, members] = await Promise.all([
    readOverview(database, universe, moment),
    sql<Omit<UniverseMember, 'marketCapUsd' | 'close'> & { cap: string | null; close: string | null }>`
      with page as materialized (
        select * from pipeline.members_with_figures(${universe.id}, ${universe.session}::date, ${toKnownAt(moment)}::timestamptz)
        limit ${limit ?? null} offset ${offset}
      )
      select page.position, page.symbol, page.market_cap_usd as cap, page.close, to_char(page.since, 'YYYY-MM-DD') as since,
             case when f.symbol is null then s.name else f.name end as name,
             case when f.symbol is null then s.sector else f.sector end as sector,
             case when f.symbol is null then s.industry else f.industry end as industry
      from page
      left join pipeline.symbol_fact f on f.symbol = page.symbol
        and f.valid_from <= ${universe.session}::date and (f.valid_to is null or f.valid_to > ${universe.session}::date)
      left join symbols s on s.symbol = page.symbol
      order by page.position`.execute(database.db),
  ]);
  return {
    ...overview,
    asked: moment.asked,
    knownAt: moment.knownAt,
    members: members.rows.map(({ cap, close, ...member }) => ({
      ...member,
      marketCapUsd: cap === null ? null : toNumber(cap),
      close: close === null ? null : toNumber(close),
    })),
  };
}

async function readOverview(
  database: Database,
  { id, session }: FoundUniverse,
  moment: Moment,
): Promise<UniverseOverview> {
  const { rows } = await sql<UniverseOverview>`
    with changes as (
      select (count(*) filter (where action = 'added'))::int as added,
             (count(*) filter (where action = 'removed'))::int as removed,
             (array_agg(symbol order by id) filter (where action = 'added'))[1:${OVERVIEW_SYMBOLS}] as "addedSymbols",
             (array_agg(symbol order by id) filter (where action = 'removed'))[1:${OVERVIEW_SYMBOLS}] as "removedSymbols"
      from pipeline.membership_change
      where universe_id = ${id} and session = ${session}::date and ${isBelieved(moment)}
    )
    select n.universe, n.type, n.name, n.key, n.title, n.cache_type as "cacheType", ${session}::text as session,
           (select count(*)::int from pipeline.members(n.id, ${session}::date, ${toKnownAt(moment)}::timestamptz)) as count,
           changes.added, changes.removed, coalesce(changes."addedSymbols", '{}') as "addedSymbols",
           coalesce(changes."removedSymbols", '{}') as "removedSymbols", ${isHeld(id, moment)} as held
    from pipeline.named_universes() n
    cross join changes
    where n.id = ${id}`.execute(database.db);
  const [overview] = rows;
  if (overview === undefined) throw new Error(`universe ${id} is gone`);
  return overview;
}

/** Audit rows as they were believed at a time: a replay supersedes them. */
function isBelieved(moment: Moment): RawBuilder<unknown> {
  const at = toKnownAt(moment);
  return sql`known_at <= ${at}::timestamptz and (superseded_at is null or superseded_at > ${at}::timestamptz)`;
}

/**
 * Whether a session left the universe as it was because of a hold: one that was neither approved nor lifted by a later attempt at the session.
 */
function isHeld(id: number, { session }: Moment): RawBuilder<unknown> {
  return sql`exists (
    select from pipeline.hold h
    where (h.universe_id = ${id} or h.universe_id is null) and h.session = ${session}::date
      and h.state <> 'approved' and h.lifted_at is null
  )`;
}

/** Changes whenever a cache sync has completed or a hold was decided: what was read under the same value is still what is published. */
export async function readPublication(database: Database): Promise<string> {
  const { rows } = await sql<{ publication: string }>`
    select concat_ws('-', to_char(p.session, 'YYYYMMDD'), r.fence,
                     (select extract(epoch from max(decided_at)) from pipeline.hold)) as publication
    from pipeline.phase_run p
    join pipeline.run r on r.id = p.run_id
    where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds')
    order by p.session desc, r.fence desc
    limit 1`.execute(database.db);
  return rows[0]?.publication ?? 'none';
}
