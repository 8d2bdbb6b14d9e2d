import { PipelineError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { FIND_UNIVERSE, LIST_UNIVERSES } from './find-universe.sql.js';
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
  const asked = { name, session: moment.session, knownAt: toKnownAt(moment) };
  const row = await FIND_UNIVERSE.first(database.pool, asked);
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
  const rows = await LIST_UNIVERSES.rows(database.pool, {});
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
