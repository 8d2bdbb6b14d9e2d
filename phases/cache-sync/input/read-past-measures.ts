import type { Config } from '../../../src/config/schema/index.js';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { Transaction } from '../../../src/db/database.js';
import { readShareChanges, type ShareChange } from '../../../src/securities/actions/share-factors.js';
import type { CloseSeries } from '../../../src/securities/closes/close-window.js';
import { readCloses, splitSymbols } from '../../../src/securities/closes/read-closes.js';
import { readTrustedDays } from '../../../src/securities/closes/trusted-days.js';
import { readTickerSpans } from '../../../src/securities/identity/ticker-spans.js';
import { OF_CLOSES, toPastMeasure } from '../universes/measures.js';
import { NO_PAST_MEASURES, type PastMeasure, type PastMeasures } from '../valuation/past-measures.js';
import { LIST_TRADED } from './list-traded.sql.js';

/** Symbols whose closes are in memory at a time. */
const BATCH_SYMBOLS = 20_000;

/** Of percent: the last bits of a double decide no order. */
const DECIMALS = 6;

/** A stock that missed more of the sessions than this has no figure over them. */
const SPARE_SESSIONS = 5;

/**
 * The figures over several sessions that rankings order by; reads nothing where none does.
 *
 * Shape: the closes of the session and of the trusted ones before it, under the tickers known before the session: a rename is only found in
 *        it, and a replay has to see what the evening saw.
 * Edges: the session itself counts, whether it is held or not: what it is published with, if it is, is its own figures.
 */
export async function readPastMeasures(
  client: Transaction['client'],
  session: SessionDate,
  { universes }: Config,
  calendar: TradingCalendar,
): Promise<PastMeasures> {
  const wanted = listWanted(universes.rankings);
  if (wanted.length === 0) return NO_PAST_MEASURES;
  const before = calendar.previous(session);
  const traded = await LIST_TRADED.first(client, { session, before });
  const sessions = Math.max(...wanted.map((measure) => measure.sessions)) + 1 + SPARE_SESSIONS;
  const trusted = await readTrustedDays(client, calendar, session, sessions);
  const days = { ...trusted, isTrusted: (date: SessionDate) => date === session || trusted.isTrusted(date) };
  const tickers = await readTickerSpans(client, before);
  const changes = await readShareChanges(client, { after: days.oldest, until: session }, tickers);
  const securities = { tickers, changes, reuseAfterSessions: universes.reuseAfterSessions };
  const figures = new Figures(session, wanted, changes, new Set(traded?.missing));
  for (const range of splitSymbols(traded?.symbols ?? [], BATCH_SYMBOLS)) {
    const window = await readCloses(client, days, range, securities, () => undefined);
    for (const series of window.series()) figures.add(series);
  }
  return figures;
}

function listWanted(rankings: Config['universes']['rankings']): PastMeasure[] {
  const wanted = rankings.map(toPastMeasure).filter((measure) => measure !== null);
  return [...new Map(wanted.map((measure) => [toId(measure), measure])).values()];
}

function toId({ name, sessions }: PastMeasure): string {
  return `${name} ${sessions}`;
}

/** Computed from each series as it comes; closes are kept only of securities that may have changed their ticker in the session. */
class Figures implements PastMeasures {
  private readonly bySymbol = new Map<string, Map<string, number>>();
  /** Of securities without a bar of the session. */
  private readonly departed = new Map<string, Departed>();
  private readonly newest = new Map<string, number>();

  constructor(
    private readonly session: SessionDate,
    private readonly wanted: readonly PastMeasure[],
    /** By ticker. */
    private readonly changes: ReadonlyMap<string, readonly ShareChange[]>,
    private readonly missing: ReadonlySet<string>,
  ) {
    for (const measure of wanted) this.bySymbol.set(toId(measure), new Map());
  }

  add(series: CloseSeries): void {
    const { symbol, closes, defect, doubt, priceSession } = series;
    if (defect !== null) return;
    if (this.missing.has(symbol)) {
      this.departed.set(symbol, { closes: closes.slice(), comparable: doubt?.bars ?? Infinity });
      return;
    }
    if (priceSession !== this.session) return;
    this.newest.set(symbol, closes.at(-1) ?? NaN);
    for (const measure of this.wanted) {
      const figure = compute(measure, closes, doubt?.bars ?? Infinity);
      if (figure !== null) this.bySymbol.get(toId(measure))?.set(symbol, figure);
    }
  }

  valueOf(measure: PastMeasure, symbol: string, former: string | undefined): number | null {
    if (former === undefined) return this.bySymbol.get(toId(measure))?.get(symbol) ?? null;
    const [departed, newest] = [this.departed.get(former), this.newest.get(symbol)];
    const factor = this.factorOf(symbol);
    if (departed === undefined || newest === undefined || factor === null) return null;
    const closes = Float64Array.from([...departed.closes.map((close) => close * factor), newest]);
    return compute(measure, closes, departed.comparable + 1);
  }

  /** By what closes before the session count after it; many tickers are changed together with a split. Null: unexplained. */
  private factorOf(symbol: string): number | null {
    const factors = (this.changes.get(symbol) ?? []).filter(({ session }) => session === this.session);
    return factors.reduce<number | null>(
      (product, { factor }) => (product === null || factor === null ? null : product * factor),
      1,
    );
  }
}

interface Departed {
  readonly closes: Float64Array;
  /** How many of the newest can be compared with one another. */
  readonly comparable: number;
}

/** @param comparable how many of the newest closes can be compared: before them the price moved in a way that no action explains */
function compute({ name, sessions }: PastMeasure, closes: Float64Array, comparable: number): number | null {
  if (closes.length <= sessions || comparable <= sessions) return null;
  const figure = OF_CLOSES[name].compute(closes.subarray(closes.length - sessions - 1), sessions);
  return Number.isFinite(figure) ? Number(figure.toFixed(DECIMALS)) : null;
}
