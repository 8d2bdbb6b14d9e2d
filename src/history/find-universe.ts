import { sql } from 'kysely';
import { PipelineError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { toKnownAt, type Moment } from './point-in-time.js';

/** A universe as it is asked for, and a moment at which it had been published. */
export interface FoundUniverse {
  readonly id: number;
  /** The key, or `name/key` where another universe has the same key. */
  readonly universe: string;
  readonly title: string;
  readonly session: SessionDate;
}

/**
 * Finds a universe by key or `name/key`, and refuses a moment at which it did not exist.
 *
 * Edges: a universe that never had a member before, but is not known to have been published first later, was there and empty.
 * @throws EOD_UNIVERSE_UNKNOWN
 */
export async function findUniverse(database: Database, name: string, moment: Moment): Promise<FoundUniverse> {
  if (UNSTORABLE.test(name)) throw await unknownUniverse(database, name);
  const { rows } = await sql<
    Omit<FoundUniverse, 'session'> & { retired: SessionDate | null; first: SessionDate | null }
  >`
    select n.id, n.universe, n.title, to_char(n.retired_session, 'YYYY-MM-DD') as retired,
           case when not exists (
             select from pipeline.members(n.id, ${moment.session}::date, ${toKnownAt(moment)}::timestamptz)
           ) then (
             select to_char(min(c.session), 'YYYY-MM-DD') from pipeline.membership_change c
             where c.universe_id = n.id and c.reason = 'FIRST_PUBLISH'
           ) end as first
    from pipeline.named_universes() n
    where n.id = (select pipeline.find_universe(${name}))`.execute(database.db);
  const [row] = rows;
  const { session } = moment;
  if (row === undefined || session === null) throw await unknownUniverse(database, name);
  const { id, universe, title, retired, first } = row;
  if (retired !== null && retired <= session) {
    throw new PipelineError('EOD_UNIVERSE_UNKNOWN', `"${universe}" is not published any more: it ended on ${retired}`, {
      hint: `ask as of a session before ${retired} (--as-of, as_of)`,
    });
  }
  if (first !== null && first > session) {
    throw new PipelineError('EOD_UNIVERSE_UNKNOWN', `there was no universe "${universe}" on ${session}`, {
      hint: `it was first published ${first}`,
    });
  }
  return { id, universe, title, session };
}

/** Control characters, one of which PostgreSQL takes in no text, and half surrogate pairs. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

async function unknownUniverse(database: Database, name: string): Promise<PipelineError> {
  const { rows } = await sql<{ universe: string; published: boolean }>`
    select universe, pipeline.published_session() is not null as published
    from pipeline.named_universes() where retired_session is null order by id`.execute(database.db);
  if (!rows.some((row) => row.published)) {
    return new PipelineError('EOD_UNIVERSE_UNKNOWN', `there is no universe "${name}": none has been published yet`, {
      hint: 'run `tickstock run` first',
    });
  }
  const nearest = nearestName(
    name,
    rows.map((row) => row.universe),
  );
  return new PipelineError('EOD_UNIVERSE_UNKNOWN', `there is no universe "${name}"`, {
    hint: `${nearest ? `did you mean "${nearest}"? ` : ''}\`tickstock universe\` lists all ${rows.length}`,
  });
}
