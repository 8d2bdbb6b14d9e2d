import type pg from 'pg';
import { formatUsd } from '../../src/core/format-usd.js';
import { alignColumns, median } from './figures.js';
import { referenceCaps, timesApart, type StatedFigures } from './share-reference.js';

/** A session that is known to be faulty. */
export interface Label {
  readonly session: string;
  readonly fault: string;
}

/** The faulty sessions of the year of real bars. */
export const YEAR_LABELS: readonly Label[] = [
  { session: '2025-10-06', fault: 'taken before the close' },
  ...[7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24, 27, 28, 29, 30, 31].map((day) => ({
    session: `2025-10-${String(day).padStart(2, '0')}`,
    fault: 'one day late',
  })),
  { session: '2026-02-04', fault: 'NASDAQ repeats the day before' },
  { session: '2026-02-25', fault: 'taken before the close' },
];

const LISTS = [10, 50, 100, 500] as const;
const MAX_OFF = 1.5;
const NAMED = 100;

/** A stock in a ranking whose market cap is not that of the reference. */
interface OffCase {
  readonly session: string;
  readonly symbol: string;
  readonly rank: number;
  readonly capUsd: number;
  readonly referenceUsd: number;
  readonly isAsked: boolean;
}

export async function reportTruth(pool: pg.Pool, labels: readonly Label[]): Promise<void> {
  const read = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await pool.query<Row>(text)).rows;
  const ranked = await read<{ session: string; symbol: string; rank: number; cap: string; asked: boolean }>(
    `select v.session::text as session, v.symbol, v.rank, v.market_cap_usd as cap,
            exists (select from pipeline.exception e where e.symbol = v.symbol and e.state = 'open' and e.session <= v.session) as asked
     from pipeline.valuation v
     where v.rank <= ${Math.max(...LISTS)}
       and not exists (select from pipeline.hold h where h.session = v.session and h.universe_id is null)
     order by v.session, v.rank`,
  );
  const stated = await read<{
    symbol: string;
    session: string;
    close: string;
    previous: string | null;
    cap: string | null;
  }>(
    `select b.symbol::text as symbol, b.date::text as session, b.close, q.previous_close as previous, q.market_cap_usd as cap
     from ohlcv_daily b
     join pipeline.source_quote q on q.symbol = b.symbol collate "C" and q.session = b.date
     where b.close > 0 and b.symbol in (select symbol collate "default" from pipeline.valuation where rank <= ${Math.max(...LISTS)})
     order by b.symbol collate "C", b.date`,
  );
  const references = toReferences(stated);
  const sessions = [...new Set(ranked.map(({ session }) => session))];
  const off = ranked.flatMap(({ session, symbol, rank, cap, asked }): OffCase[] => {
    const referenceUsd = references.get(symbol)?.get(session);
    if (referenceUsd === undefined || timesApart(Number(cap), referenceUsd) <= MAX_OFF) return [];
    return [{ session, symbol, rank, capUsd: Number(cap), referenceUsd, isAsked: asked }];
  });
  console.log(`\n${sessions.length} sessions published, ${sessions[0]} to ${sessions.at(-1)}`);
  reportLists(off, sessions.length);
  reportCases(off);
  await reportHolds(read, labels);
  await reportExceptions(read);
}

type Read = <Row extends pg.QueryResultRow>(text: string) => Promise<Row[]>;

function toReferences(
  rows: readonly { symbol: string; session: string; close: string; previous: string | null; cap: string | null }[],
): Map<string, ReadonlyMap<string, number>> {
  const bySymbol = new Map<string, StatedFigures[]>();
  for (const { symbol, session, close, previous, cap } of rows) {
    const own = bySymbol.get(symbol) ?? [];
    bySymbol.set(symbol, own);
    own.push({
      session,
      close: Number(close),
      previousClose: previous === null ? null : Number(previous),
      marketCapUsd: cap === null ? null : Number(cap),
    });
  }
  return new Map(Array.from(bySymbol, ([symbol, own]) => [symbol, referenceCaps(own)]));
}

function reportLists(off: readonly OffCase[], sessions: number): void {
  const rows = LISTS.map((size) => {
    const own = off.filter(({ rank }) => rank <= size);
    const silent = own.filter(({ isAsked }) => !isAsked);
    const share = (cases: readonly OffCase[]): string => {
      const days = new Set(cases.map(({ session }) => session)).size;
      return `${days} (${((100 * days) / sessions).toFixed(1)} %)`;
    };
    return [
      `top_${size}`,
      share(own),
      share(silent),
      String(own.length),
      String(new Set(own.map(({ symbol }) => symbol)).size),
    ];
  });
  console.log(`\nSessions with a member whose market cap is off by more than ${MAX_OFF} ×`);
  const titles = ['list', 'sessions', 'without an open exception', 'member-sessions', 'stocks'];
  console.log(alignColumns([titles, ...rows]).join('\n'));
}

function reportCases(off: readonly OffCase[]): void {
  console.log(
    `\nCases of the first ${NAMED}: stock, sessions, best rank, cap used and by the reference on the first and last`,
  );
  const bySymbol = groupBy(off, ({ symbol }) => symbol);
  const lines = [...bySymbol].flatMap(([symbol, cases]) => {
    const best = Math.min(...cases.map(({ rank }) => rank));
    const [first, last] = [cases[0], cases.at(-1)];
    if (best > NAMED || first === undefined || last === undefined) return [];
    const say = ({ session, capUsd, referenceUsd }: OffCase): string =>
      `${session} ${formatUsd(capUsd)} / ${formatUsd(referenceUsd)}`;
    const asked = cases.filter(({ isAsked }) => isAsked).length;
    return [
      [symbol, String(cases.length), String(best), say(first), say(last), asked === 0 ? '' : `asked about in ${asked}`],
    ];
  });
  console.log(lines.length === 0 ? 'none' : alignColumns(lines, 5).join('\n'));
}

async function reportHolds(read: Read, labels: readonly Label[]): Promise<void> {
  const holds = await read<{
    session: string;
    gate: string;
    universe: string | null;
    message: string | null;
  }>(
    `select h.session::text as session, h.gate, u.key as universe, h.message
     from pipeline.hold h left join pipeline.universe u on u.id = h.universe_id
     order by h.session, u.key nulls first, h.gate`,
  );
  const warned = await read<{ session: string; warnings: string }>(
    `select p.session::text as session, string_agg(g ->> 'message', '; ') as warnings
     from pipeline.phase_run p
     cross join jsonb_array_elements(p.report -> 'details' -> 'gates') g
     where p.phase = 'cache-sync' and g ->> 'status' = 'warn'
     group by p.session`,
  );
  const ofSession = groupBy(
    holds.filter(({ universe }) => universe === null),
    ({ session }) => session,
  );
  const isWarned = new Set(warned.map(({ session }) => session));
  const faulty = new Set(labels.map(({ session }) => session));
  const isOnset = (label: Label, index: number): boolean => labels[index - 1]?.fault !== label.fault;
  const onsets = labels.filter(isOnset);
  const later = labels.filter((label, index) => !isOnset(label, index));
  const clean = [...ofSession.keys()].filter((session) => !faulty.has(session));
  console.log('\nGates');
  console.log(
    `onsets of faults held      ${onsets.filter(({ session }) => ofSession.has(session)).length} of ${onsets.length}`,
  );
  console.log(
    `later faulty sessions      ${later.length}, held ${later.filter(({ session }) => ofSession.has(session)).length}, neither held nor warned ${
      later.filter(({ session }) => !ofSession.has(session) && !isWarned.has(session)).length
    }`,
  );
  console.log(
    `other sessions held        ${clean.length}${
      clean.length === 0
        ? ''
        : `: ${clean
            .map(
              (session) =>
                `${session} (${ofSession
                  .get(session)
                  ?.map(({ gate }) => gate)
                  .join(', ')})`,
            )
            .join(', ')}`
    }`,
  );
  const ofUniverses = groupBy(
    holds.filter(({ universe }) => universe !== null),
    ({ universe, gate }) => `${universe} (${gate})`,
  );
  console.log(`holds of universes         ${ofUniverses.size === 0 ? 'none' : ''}`);
  for (const [name, own] of ofUniverses)
    console.log(`  ${name} × ${own.length}, ${own[0]?.session} to ${own.at(-1)?.session}: ${own[0]?.message}`);
}

async function reportExceptions(read: Read): Promise<void> {
  const rows = await read<{ kind: string; session: string; large: boolean; count: number }>(
    `select e.kind, e.session::text as session,
            greatest(coalesce((e.evidence ->> 'market_cap_usd')::numeric, 0), coalesce((e.evidence ->> 'used_cap_usd')::numeric, 0),
                     coalesce((select max(v.market_cap_usd) from pipeline.valuation v where v.session = e.session and v.symbol = e.symbol), 0)) >= 1e9 as large,
            count(*)::int as count
     from pipeline.exception e group by 1, 2, 3`,
  );
  const [{ sessions } = { sessions: 0 }] = await read<{ sessions: number }>(
    `select count(distinct session)::int as sessions from pipeline.valuation`,
  );
  console.log('\nExceptions a session: median, worst, all');
  for (const large of [true, false]) {
    for (const kind of [...new Set(rows.map((row) => row.kind)), 'all']) {
      const own = groupBy(
        rows.filter((row) => row.large === large && (kind === 'all' || row.kind === kind)),
        ({ session }) => session,
      );
      const counts = Array.from(own.values(), (days) => days.reduce((sum, { count }) => sum + count, 0));
      const padded = [...counts, ...Array.from({ length: Math.max(0, sessions - counts.length) }, () => 0)];
      const total = counts.reduce((sum, each) => sum + each, 0);
      const over = counts.filter((each) => each > 2).length;
      console.log(
        `${large ? 'above $1B' : 'below $1B'}  ${kind.padEnd(13)}  ${median(padded)}  ${Math.max(0, ...counts)}  ${total}, sessions with more than two ${over}`,
      );
    }
  }
  const shares = await read<{ session: string; share: number }>(
    `select v.session::text as session,
            (100.0 * count(*) filter (where exists (select from pipeline.exception e
               where e.symbol = v.symbol and e.state = 'open' and e.session <= v.session)) / count(*))::double precision as share
     from pipeline.valuation v where v.rank is not null group by 1`,
  );
  const percents = shares.map(({ share }) => share);
  console.log(
    `members under an open exception, percent of eligible stocks: median ${median(percents).toFixed(2)}, worst ${Math.max(...percents).toFixed(2)}`,
  );
}

function groupBy<Key, Value>(values: readonly Value[], toKey: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = toKey(value);
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [value]);
    else own.push(value);
  }
  return groups;
}
