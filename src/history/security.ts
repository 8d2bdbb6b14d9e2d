import type { TradingCalendar } from '../core/calendar.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { readExceptions, type ExceptionRecord } from '../exceptions/exceptions.js';
import { readActions, type CorporateAction } from '../securities/actions/corporate-actions.js';
import { readTickerSpans, type TickerSpan, type TickerSpans } from '../securities/ticker-spans.js';
import type { Moment } from './point-in-time.js';
import { READ_FIRST_SESSIONS } from './read-symbol.sql.js';
import { readSymbolUniverses, toPresent, unknownSymbol, type SymbolUniverses } from './symbol-universes.js';

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
  /** The ticker that was asked for. */
  readonly askedTicker: string;
  /** Oldest first. */
  readonly tickers: readonly SecurityTicker[];
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
  const spans = await readTickerSpans(database.pool);
  const present = toPresent(spans, asked, moment);
  const tickers = present === null ? [{ ticker: asked, from: null, before: null }] : spans.tickersOf(present);
  const valid = findValid(tickers, moment.session) ?? asked;
  const found = await readSymbolUniverses(database, valid, moment).catch((error: unknown) => {
    throw valid === asked ? error : unknownSymbol(asked);
  });
  const symbols = tickers.map(({ ticker }) => ticker);
  const first = await READ_FIRST_SESSIONS.rows(database.pool, { symbols });
  const isOwn = belongsTo(spans, present);
  const actions = await Promise.all(symbols.map((symbol) => readActions(database, { symbol, limit: MAX_ROWS })));
  const exceptions = await Promise.all(
    symbols.map((symbol) => readExceptions(database, { symbol, state: 'all', limit: MAX_ROWS })),
  );
  return {
    ...found,
    askedTicker: asked,
    tickers: tickers.map(({ ticker, from, before }) => ({
      ticker,
      from: from ?? first.find(({ symbol }) => symbol === ticker)?.session ?? null,
      to: before === null ? null : calendar.previous(before),
    })),
    actions: actions.flat().filter(isOwn).toSorted(newestFirst),
    exceptions: exceptions
      .flat()
      .filter((exception) => exception.state !== 'superseded' && isOwn(exception))
      .toSorted(newestFirst),
  };
}

function findValid(tickers: readonly TickerSpan[], session: SessionDate | null): string | undefined {
  const found = session === null ? tickers.at(-1) : tickers.find(({ before }) => before === null || session < before);
  return found?.ticker;
}

function belongsTo(spans: TickerSpans, present: string | null) {
  return ({ symbol, session }: { readonly symbol: string; readonly session: SessionDate }): boolean =>
    spans.presentOf(symbol, session) === present;
}

function newestFirst(left: { readonly session: SessionDate }, right: { readonly session: SessionDate }): number {
  return left.session < right.session ? 1 : left.session > right.session ? -1 : 0;
}
