import { sql } from 'kysely';
import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { readCurrentMoment, toKnownAt, type Moment } from './point-in-time.js';
import { toNumber } from '../db/tables.js';

/** A symbol and the universes it is a member of on a session. */
export interface SymbolUniverses {
  readonly symbol: string;
  /** Name and type as they were known on the session, as far as they were recorded then. */
  readonly name: string | null;
  readonly type: string | null;
  readonly active: boolean;
  /** Null before the first publish. */
  readonly session: SessionDate | null;
  /** The date as it was asked for; null for now. */
  readonly asked: SessionDate | null;
  /** UTC; what was believed then. Null for what is known now. */
  readonly knownAt: string | null;
  /** Among all eligible stocks; null for what is none. */
  readonly rank: number | null;
  readonly marketCapUsd: number | null;
  readonly close: number | null;
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
export async function readSymbolUniverses(database: Database, symbol: string, at?: Moment): Promise<SymbolUniverses> {
  const moment = at ?? (await readCurrentMoment(database));
  const { rows } = await sql<
    Pick<SymbolUniverses, 'symbol' | 'name' | 'type' | 'active' | 'rank'> & { cap: string | null; close: string | null }
  >`
    with known as (
      select f.name, f.type, f.active, 1 as preference
      from pipeline.symbol_fact f
      where f.symbol = ${symbol} and f.valid_from <= ${moment.session}::date
        and (f.valid_to is null or f.valid_to > ${moment.session}::date)
      union all
      select s.name, s.type, coalesce(s.active, false), 2
      from symbols s
      where s.symbol = ${symbol}
      order by preference
      limit 1
    )
    select ${symbol}::text as symbol, known.name, known.type, known.active, v.rank, v.market_cap_usd as cap, v.close
    from known
    left join pipeline.valuation v
      on v.symbol = ${symbol}
      and v.session = (select max(session) from pipeline.valuation where session <= ${moment.session}::date)`.execute(
    database.db,
  );
  const [found] = rows;
  if (found === undefined) throw unknownSymbol(symbol);
  const { rows: universes } = await sql<SymbolUniverses['universes'][number]>`
    select universe, type, title, to_char(since, 'YYYY-MM-DD') as since
    from pipeline.symbol_universes(${symbol}, ${moment.session}::date, ${toKnownAt(moment)}::timestamptz)`.execute(
    database.db,
  );
  const { cap, close, ...symbolFacts } = found;
  return {
    ...symbolFacts,
    ...moment,
    marketCapUsd: cap === null ? null : toNumber(cap),
    close: close === null ? null : toNumber(close),
    universes,
  };
}

export function unknownSymbol(symbol: string): PipelineError {
  return new PipelineError('EOD_SYMBOL_UNKNOWN', `there is no symbol "${symbol}"`, {
    hint: 'symbols are written as the import has them, in capital letters, for example BRK.B',
  });
}
