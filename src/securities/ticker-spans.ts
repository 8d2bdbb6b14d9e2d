import type { PoolClient } from 'pg';
import type { SessionDate } from '../core/session.js';
import { READ_TICKER_EVENTS } from './read-ticker-events.sql.js';

/** A ticker passed to another security, or its security to another ticker. Sessions ascending. */
export interface TickerEvent {
  readonly symbol: string;
  /** First session in which the ticker is no longer that of the security. */
  readonly session: SessionDate;
  /** Null: the ticker is that of another security from then on. */
  readonly to: string | null;
}

/** Sessions before `before` belong to the security that now has the ticker `symbol`; null: it has none any more. */
interface Span {
  readonly before: SessionDate;
  readonly symbol: string | null;
}

/** Beyond every session. */
const NEWEST = '9999-12-31' as SessionDate;

/** A ticker of a security, over a span of sessions. */
export interface TickerSpan {
  readonly ticker: string;
  /** First session; null: it had the ticker before anything was recorded. */
  readonly from: SessionDate | null;
  /** First session with another ticker; null: it still has this one. */
  readonly before: SessionDate | null;
}

/** Which security a ticker stood for on each session. A ticker that never changed stands for itself. */
export class TickerSpans {
  private readonly spans = new Map<string, Span[]>();
  private readonly ordered: readonly TickerEvent[];

  constructor(events: readonly TickerEvent[]) {
    const ordered = events.toSorted((left, right) => (left.session < right.session ? -1 : 1));
    this.ordered = ordered;
    for (const { symbol, session, to } of ordered) {
      const own = this.spans.get(symbol) ?? [];
      this.spans.set(symbol, own);
      // A ticker used again after a rename: its sessions before the rename belong to the renamed one already.
      own.push({ before: session, symbol: to === null ? null : toPresent(to, session, ordered) });
    }
    for (const { session, to } of ordered) if (to !== null) this.separate(to, session);
  }

  /**
   * @param session null: the security that had this ticker last
   * @returns the present ticker of the security that had this one in the session; null when it has none any more
   */
  presentOf(symbol: string, session: SessionDate | null): string | null {
    return session === null ? this.lastOf(symbol) : this.presentIn(symbol, session);
  }

  private lastOf(symbol: string): string | null {
    const last = this.ordered.findLast((event) => event.symbol === symbol || event.to === symbol);
    if (last === undefined || last.to === null || last.to === symbol) return symbol;
    return toPresent(last.to, last.session, this.ordered);
  }

  private presentIn(symbol: string, session: SessionDate): string | null {
    const spans = this.spans.get(symbol);
    if (spans === undefined) return symbol;
    const span = spans.find(({ before }) => session < before);
    return span === undefined ? symbol : span.symbol;
  }

  /** The tickers of a security over time, oldest first, from its present one. */
  tickersOf(present: string): TickerSpan[] {
    const spans: TickerSpan[] = [];
    let [ticker, before] = [present, null as SessionDate | null];
    for (let step = 0; step <= this.ordered.length; step += 1) {
      const [own, until] = [ticker, before];
      const start = this.ordered.findLast(
        ({ symbol, session, to }) =>
          (until === null || session < until) && (to === own || (to === null && symbol === own)),
      );
      spans.unshift({ ticker, from: start?.session ?? null, before });
      if (start === undefined || start.to === null) break;
      [ticker, before] = [start.symbol, start.session];
    }
    return spans;
  }

  /** Before a security took this ticker, it was that of another one, or of none. */
  private separate(symbol: string, since: SessionDate): void {
    const own = this.spans.get(symbol) ?? [];
    if (own.some(({ before }) => before === since)) return;
    this.spans.set(symbol, [...own, { before: since, symbol: null }].sort(compareSpans));
  }

  /** Tickers that changed, with the present tickers of the securities they stood for. */
  *changed(): Generator<readonly [symbol: string, present: string]> {
    for (const [symbol, spans] of this.spans)
      for (const { symbol: present } of spans) if (present !== null) yield [symbol, present];
  }
}

function compareSpans(left: Span, right: Span): number {
  return left.before < right.before ? -1 : 1;
}

/** Reads what is known, up to a session if one is given. */
export async function readTickerSpans(
  client: Pick<PoolClient, 'query'>,
  session: SessionDate = NEWEST,
): Promise<TickerSpans> {
  return new TickerSpans(await READ_TICKER_EVENTS.rows(client, { session }));
}

/** Follows later changes of the ticker that a security took in a session. */
function toPresent(symbol: string, since: SessionDate, ordered: readonly TickerEvent[]): string | null {
  let [present, from] = [symbol, since];
  for (const event of ordered) {
    if (event.symbol !== present || event.session <= from) continue;
    if (event.to === null) return null;
    [present, from] = [event.to, event.session];
  }
  return present;
}
