import type { TradingCalendar } from '../core/calendar.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { readExceptions, type ExceptionRecord } from '../exceptions/exceptions.js';
import { readActions, type CorporateAction } from '../securities/actions/corporate-actions.js';
import { READ_SECURITY } from '../securities/identity/read-tickers.sql.js';
import { isIn, type TickerSpan } from '../securities/identity/ticker-spans.js';
import type { Moment } from './point-in-time.js';
import { READ_CLASSES, READ_FIRST_SESSIONS } from './read-symbol.sql.js';
import { unknownSymbol } from '../securities/unknown-symbol.js';
import { readSymbolUniverses, type SymbolUniverses } from './symbol-universes.js';

/** A ticker that a security had. */
export interface SecurityTicker {
  readonly ticker: string;
  /** First session; null: unknown. */
  readonly from: SessionDate | null;
  /** Last session; null: it has this ticker now. */
  readonly to: SessionDate | null;
}

/** A security over time, under whichever of its tickers it was asked for. */
export interface SecurityDetail extends SymbolUniverses {
  /** Permanent id, `pipeline.security`; null before a publish has recorded it. */
  readonly id: number | null;
  /** The ticker that was asked for. */
  readonly askedTicker: string;
  /** Oldest first. */
  readonly tickers: readonly SecurityTicker[];
  /** The share classes of its company on the session, in rank order; empty where it has one. */
  readonly classes: readonly string[];
  /** Known corporate actions under every ticker, newest first. */
  readonly actions: readonly CorporateAction[];
  /** Exceptions that are not superseded, newest first. */
  readonly exceptions: readonly ExceptionRecord[];
}

const MAX_ROWS = 1000;

/**
 * The security that a ticker stood for on a session, or stands for now; where the ticker was changed, that under its present one.
 *
 * Shape: `symbol`, figures and universes are those of the ticker valid on the session.
 * @throws EOD_SYMBOL_UNKNOWN
 */
export async function readSecurity(
  database: Database,
  calendar: TradingCalendar,
  asked: string,
  moment: Moment,
): Promise<SecurityDetail> {
  const session = moment.asked === null ? null : moment.session;
  const tickers = await readTickers(database, asked, session);
  const valid = findValid(tickers, session) ?? asked;
  const found = await readSymbolUniverses(database, valid, moment).catch(async (error: unknown) => {
    throw valid === asked ? error : await unknownSymbol(database, asked);
  });
  const symbols = tickers.map(({ ticker }) => ticker);
  const classes = await READ_CLASSES.rows(database.pool, { symbol: valid, session: found.session });
  const first = await READ_FIRST_SESSIONS.rows(database.pool, { symbols });
  const isOwn = belongsTo(tickers);
  const actions = await Promise.all(symbols.map((symbol) => readActions(database, { symbol, limit: MAX_ROWS })));
  const exceptions = await Promise.all(
    symbols.map((symbol) => readExceptions(database, { symbol, state: 'all', limit: MAX_ROWS })),
  );
  return {
    ...found,
    id: tickers[0]?.security ?? null,
    askedTicker: asked,
    tickers: tickers.map(({ ticker, from, before }) => ({
      ticker,
      from: from ?? first.find(({ symbol }) => symbol === ticker)?.session ?? null,
      to: before === null ? null : calendar.previous(before),
    })),
    classes: classes.map(({ symbol }) => symbol),
    actions: actions.flat().filter(isOwn).toSorted(newestFirst),
    exceptions: exceptions
      .flat()
      .filter((exception) => exception.state !== 'superseded' && isOwn(exception))
      .toSorted(newestFirst),
  };
}

type Ticker = TickerSpan & { readonly security: number | null };

/** A ticker that has no id yet stands for itself. */
async function readTickers(database: Database, symbol: string, session: SessionDate | null): Promise<Ticker[]> {
  const rows = await READ_SECURITY.rows(database.pool, { symbol, session });
  return rows.length > 0 ? rows : [{ security: null, ticker: symbol, from: null, before: null }];
}

function findValid(tickers: readonly TickerSpan[], session: SessionDate | null): string | undefined {
  return (session === null ? tickers.at(-1) : tickers.find((span) => isIn(span, session)))?.ticker;
}

function belongsTo(tickers: readonly TickerSpan[]) {
  return ({ symbol, session }: { readonly symbol: string; readonly session: SessionDate }): boolean =>
    tickers.some((span) => span.ticker === symbol && isIn(span, session));
}

function newestFirst(left: { readonly session: SessionDate }, right: { readonly session: SessionDate }): number {
  return left.session < right.session ? 1 : left.session > right.session ? -1 : 0;
}
