import type { SessionDate } from '../../core/session.js';
import type { ColumnKinds } from './to-parquet.js';

/** What is exported: sessions from the first to the last, and what was known at a time, an ISO instant or `infinity`. */
export interface ExportRange {
  readonly from: SessionDate;
  readonly to: SessionDate;
  readonly knownAt: string;
  /** The newest session that had been published then; null for now. */
  readonly newest: SessionDate | null;
}

/**
 * Every file of an export that comes from the database, in the order in which it is written; its columns are those of the query.
 *
 * COPY has no parameters: dates and instants were parsed, and are nothing else. Rows are ordered by code points, numbers are without trailing
 * zeros: the same data is the same file on every server. Every row is one line.
 */
export const EXPORT_QUERIES: Readonly<Record<string, (range: ExportRange) => string>> = {
  // One that was first published later was not known then.
  universes: ({ newest }) => `
    select u.type, u.name, u.key, translate(u.title, E'\\r\\n', '  ') as title, u.first_session,
      ${toKnownEnd('u', newest, 'retired_session')}
    from pipeline.universe u ${newest === null ? '' : `where u.first_session <= '${newest}'`}
    order by u.type collate "C", u.name collate "C", u.key collate "C"`,

  // A membership is of the sessions from valid_from to the one before valid_to; an open one has an empty end.
  memberships: ({ from, to, knownAt, newest }) => `
    select u.type, u.name, u.key, m.symbol, m.security_id, m.valid_from, ${toKnownEnd('m', newest)}
    from pipeline.membership m join pipeline.universe u on u.id = m.universe_id
    where m.valid_from <= '${to}' and (m.valid_to is null or m.valid_to > '${from}') and ${isKnown('m', knownAt)}
    order by u.type collate "C", u.name collate "C", u.key collate "C", m.symbol collate "C", m.valid_from`,

  // Which security a ticker stood for, when.
  securities: ({ knownAt, newest }) => `
    select t.security_id, t.ticker, t.valid_from, ${toKnownEnd('t', newest)}
    from pipeline.security_ticker t where ${isKnown('t', knownAt)}
    order by t.security_id, t.valid_from, t.ticker collate "C"`,

  actions: ({ from, to, knownAt }) => `
    select a.session, a.symbol, a.kind, trim_scale(a.new_shares) as new_shares, trim_scale(a.old_shares) as old_shares,
      trim_scale(a.amount_usd) as amount_usd, a.source
    from pipeline.corporate_action a
    where a.session between '${from}' and '${to}' and ${isKnown('a', knownAt)}
    order by a.session, a.symbol collate "C", a.id`,

  // By what closes before the session count after it.
  factors: ({ from, to, knownAt }) => `
    select f.session, f.symbol, f.kind, trim_scale(f.factor) as factor
    from pipeline.share_factors('${knownAt}') f
    where f.session between '${from}' and '${to}' and f.kind <> 'none'
    order by f.session, f.symbol collate "C"`,

  // As traded, and as they are stored now: bars have no history of their own.
  bars: ({ from, to }) => `
    select b.date as session, b.symbol, trim_scale(b.open::numeric) as open, trim_scale(b.high::numeric) as high,
      trim_scale(b.low::numeric) as low, trim_scale(b.close::numeric) as close, trim_scale(b.volume::numeric) as volume
    from public.ohlcv_daily b where b.date between '${from}' and '${to}'
    order by b.date, b.symbol collate "C"`,
};

/** Columns that are not text, by file. */
export const EXPORT_KINDS: Readonly<Record<string, ColumnKinds>> = {
  sessions: { session: 'date', close: 'instant', is_early_close: 'flag' },
  universes: { first_session: 'date', retired_session: 'date' },
  memberships: { security_id: 'integer', valid_from: 'date', valid_to: 'date' },
  securities: { security_id: 'integer', valid_from: 'date', valid_to: 'date' },
  actions: { session: 'date', new_shares: 'number', old_shares: 'number', amount_usd: 'number' },
  factors: { session: 'date', factor: 'number' },
  bars: { session: 'date', open: 'number', high: 'number', low: 'number', close: 'number', volume: 'integer' },
};

/** An end is written into the row that begins an interval, and was not known before its session was published. */
function toKnownEnd(alias: string, newest: SessionDate | null, end = 'valid_to'): string {
  return newest === null
    ? `${alias}.${end}`
    : `case when ${alias}.${end} <= '${newest}' then ${alias}.${end} end as ${end}`;
}

function isKnown(alias: string, knownAt: string): string {
  return `${alias}.known_from <= '${knownAt}'::timestamptz
      and coalesce(${alias}.known_to > '${knownAt}'::timestamptz, ${alias}.known_to is null)`;
}
