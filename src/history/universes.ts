import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { findUniverse, type FoundUniverse } from './find-universe.js';
import { readCurrentMoment, toKnownAt, type Moment } from './point-in-time.js';
import { READ_CHANGES, READ_MEMBERS, READ_OVERVIEW } from './read-universe.sql.js';
import { READ_PUBLICATION, READ_UNIVERSES } from './read-universes.sql.js';
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
  const rows = await READ_UNIVERSES.rows(database.pool, { listed: OVERVIEW_SYMBOLS });
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
  const knownAt = toKnownAt(moment);
  const changes = await READ_CHANGES.rows(database.pool, { name, session: found.session, knownAt });
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
  const { id, session } = universe;
  const asked = { id, session, knownAt: toKnownAt(moment) };
  const [overview, members] = await Promise.all([
    readOverview(database, universe, moment),
    READ_MEMBERS.rows(database.pool, { ...asked, limit: limit ?? null, offset }),
  ]);
  return {
    ...overview,
    asked: moment.asked,
    knownAt: moment.knownAt,
    members: members.map(({ cap, close, ...member }) => ({
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
  const asked = { id, session, knownAt: toKnownAt(moment), listed: OVERVIEW_SYMBOLS };
  const overview = await READ_OVERVIEW.first(database.pool, asked);
  if (overview === undefined) throw new Error(`universe ${id} is gone`);
  return overview;
}

/** Changes whenever a cache sync has completed or a hold was decided: what was read under the same value is still what is published. */
export async function readPublication(database: Database): Promise<string> {
  return (await READ_PUBLICATION.first(database.pool, {}))?.publication ?? 'none';
}
