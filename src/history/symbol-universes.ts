import { unknownSymbol } from '../securities/unknown-symbol.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { readCurrentMoment, toKnownAt, type Moment } from './point-in-time.js';
import { toNumber } from '../db/tables.js';
import { readTickerSpans, type TickerSpans } from '../securities/identity/ticker-spans.js';
import { READ_SYMBOL, READ_SYMBOL_UNIVERSES } from './read-symbol.sql.js';

/** A symbol and the universes it is a member of on a session. */
export interface SymbolUniverses {
  readonly symbol: string;
  /** Name and type as they were known on the session, as far as they were recorded then. */
  readonly name: string | null;
  readonly type: string | null;
  readonly active: boolean;
  /** Ticker of today, where the security has another one than on the session; null: the same, or none any more. */
  readonly presentTicker: string | null;
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
  const found = await READ_SYMBOL.first(database.pool, { symbol, session: moment.session });
  if (found === undefined) throw await unknownSymbol(database, symbol);
  const knownAt = toKnownAt(moment);
  const universes = await READ_SYMBOL_UNIVERSES.rows(database.pool, { symbol, session: moment.session, knownAt });
  const { cap, close, ...symbolFacts } = found;
  const present = toPresent(await readTickerSpans(database.pool), symbol, moment);
  return {
    ...symbolFacts,
    ...moment,
    presentTicker: present === symbol ? null : present,
    marketCapUsd: cap === null ? null : toNumber(cap),
    close: close === null ? null : toNumber(close),
    universes,
  };
}

/** The present ticker of the security that had a ticker at the moment asked about. */
function toPresent(spans: TickerSpans, symbol: string, { asked, session }: Moment): string | null {
  return spans.presentOf(symbol, asked === null ? null : session);
}
