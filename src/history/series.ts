import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { findUniverse } from './find-universe.js';
import { READ_SERIES } from './read-series.sql.js';
import type { Moment } from './point-in-time.js';

/** A universe on one session. */
export interface SeriesPoint {
  readonly session: SessionDate;
  readonly members: number;
  readonly added: number;
  readonly removed: number;
  /** The larger of additions and removals in percent of the members before; null where there were none. */
  readonly turnoverPct: number | null;
  /** Whether its members are those of the session before because a gate held it. */
  readonly held: boolean;
}

/** A universe over time, oldest session first, as it is known now. */
export interface UniverseSeries {
  readonly universe: string;
  readonly title: string;
  readonly points: readonly SeriesPoint[];
}

/** @throws EOD_UNIVERSE_UNKNOWN */
export async function readSeries(
  database: Database,
  name: string,
  { from, limit }: { readonly from: SessionDate | null; readonly limit: number },
  to: Moment,
): Promise<UniverseSeries> {
  const { id, universe, title, session } = await findUniverse(database, name, to);
  const rows = await READ_SERIES.rows(database.pool, { id, from, to: session, limit });
  return { universe, title, points: rows.map((row) => ({ ...row, turnoverPct: toTurnoverPct(row) })) };
}

function toTurnoverPct({ members, added, removed }: Omit<SeriesPoint, 'turnoverPct'>): number | null {
  const before = members - added + removed;
  return before <= 0 ? null : Math.round((1e4 * Math.max(added, removed)) / before) / 100;
}
