import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { createPipeline, parseSessionDate } from '../src/index.js';
import { openServer } from './support/bench-server.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Renames and new listings in three months of real screener files.
 *
 *  1. The 62 sessions are run in order, in an empty database.
 *  2. Printed: which of the renames of `renames-2026-q2.csv` are found, which are found besides, what a person is asked about, and what must not happen to any of them: a
 *     place among the recent IPOs, a session in which both tickers are members of one universe, a later `since`.
 *  3. The exit code is 1 when one of these happens, or a listing of an earlier year arrives among the recent IPOs.
 *
 * `npm run bench -- renames`; on the embedded server, or on the one of DATABASE_URL.
 */
interface Listed {
  readonly session: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

async function main(data: SharedData): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  const pool = new pg.Pool({ connectionString: await server.create('bench_renames'), max: 4 });
  // A pool counts as ended before its connections have gone; the database is dropped right after.
  pool.on('error', () => undefined);
  try {
    const pipeline = await createPipeline({
      database: pool,
      config: { options: { import: { source: 'screener', dir: data.screener } } },
    });
    const { sessions, error } = await pipeline.backfill({
      from: parseSessionDate('2026-04-01'),
      to: parseSessionDate('2026-06-30'),
    });
    if (error !== undefined) throw error;
    await pipeline.close();
    console.log(`${sessions.length} sessions\n`);
    await report(pool, await readListed(data));
  } finally {
    await pool.end();
    await server.close();
  }
}

async function readListed({ screener }: SharedData): Promise<Listed[]> {
  const text = await readFile(join(screener, '..', 'renames-2026-q2.csv'), 'utf8');
  const rows = parse<Record<string, string>>(text, { columns: true, trim: true });
  return rows.map(({ session = '', from = '', to = '', kind = '' }) => ({ session, from, to, kind }));
}

function isRename({ kind }: Listed): boolean {
  return kind.startsWith('renamed') || kind.startsWith('when-issued');
}

async function report(pool: pg.Pool, listed: readonly Listed[]): Promise<void> {
  const read = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await pool.query<Row>(text)).rows;
  const found = await read<{ from: string; to: string; session: string }>(
    `select symbol as "from", detail ->> 'to' as "to", detail ->> 'first_session' as session from pipeline.symbol_event
     where event = 'renamed' and superseded_at is null order by 3, 1`,
  );
  const isSame = (left: Pick<Listed, 'from' | 'to'>, right: Pick<Listed, 'from' | 'to'>): boolean =>
    left.from === right.from && left.to === right.to;
  const [renames, others] = [listed.filter(isRename), listed.filter((each) => !isRename(each))];
  const missing = renames.filter((rename) => !found.some((each) => isSame(each, rename)));
  const besides = found.filter((rename) => !renames.some((each) => isSame(each, rename)));
  const bad = {
    'renamed securities among the recent IPOs': await read(
      `select distinct e.detail ->> 'to' as symbol from pipeline.symbol_event e
       join pipeline.membership m on m.symbol = e.detail ->> 'to' and m.known_to is null
       join pipeline.universe u on u.id = m.universe_id and u.name = 'ipo'
       where e.event = 'renamed' and e.superseded_at is null and m.valid_from >= (e.detail ->> 'first_session')::date
         and not exists (select from pipeline.membership former where former.universe_id = m.universe_id and former.symbol = e.symbol)`,
    ),
    'universes with both tickers as members': await read(
      `select e.symbol || ' ' || u.key as symbol from pipeline.symbol_event e
       join pipeline.membership former on former.symbol = e.symbol and former.known_to is null
       join pipeline.membership present on present.symbol = e.detail ->> 'to' and present.universe_id = former.universe_id and present.known_to is null
       join pipeline.universe u on u.id = former.universe_id
       where e.event = 'renamed' and e.superseded_at is null
         and daterange(former.valid_from, former.valid_to) && daterange(present.valid_from, present.valid_to)`,
    ),
    'members that a rename has given a later since': await read(
      `select present.symbol || ' ' || u.key as symbol from pipeline.symbol_event e
       join pipeline.membership former on former.symbol = e.symbol and former.known_to is null and former.valid_to = e.session
       join pipeline.membership present on present.symbol = e.detail ->> 'to' and present.universe_id = former.universe_id
         and present.known_to is null and present.valid_from = e.session
       join pipeline.universe u on u.id = former.universe_id
       where e.event = 'renamed' and e.superseded_at is null
         and coalesce(present.since, present.valid_from) > coalesce(former.since, former.valid_from)`,
    ),
    'recent IPOs of an earlier year of listing': await read(
      `select distinct c.symbol from pipeline.membership_change c
       join pipeline.universe u on u.id = c.universe_id and u.key = 'recent_ipos'
       join pipeline.source_quote q on q.symbol = c.symbol and q.session = c.session
       where c.action = 'added' and c.superseded_at is null and c.reason <> 'RENAMED' and q.listing_year < extract(year from c.session)`,
    ),
  };
  const [counts] = await read<{ arrivals: number; holds: number }>(
    `select (select count(*) from pipeline.membership_change c join pipeline.universe u on u.id = c.universe_id
             where u.key = 'recent_ipos' and c.action = 'added' and c.superseded_at is null)::int as arrivals,
            (select count(*) from pipeline.hold where universe_id is null)::int as holds`,
  );
  const name = ({ session, from, to }: Pick<Listed, 'session' | 'from' | 'to'>): string => `${session} ${from} → ${to}`;
  console.log(
    `Listed: ${renames.length}, found ${renames.length - missing.length}; not found: ${missing.map(name).join(', ') || 'none'}`,
  );
  const wrong = others.filter((other) => found.some((each) => isSame(each, other)));
  console.log(`Listed as no rename: ${others.length}, taken for one: ${wrong.map(name).join(', ') || 'none'}`);
  console.log(`Found besides: ${besides.length}: ${besides.map(name).join(', ')}`);
  console.log(`Arrivals among the recent IPOs: ${counts?.arrivals}. Sessions held: ${counts?.holds}.`);
  const doubts = await read<{ kind: string; state: string; pairs: string; large: number }>(
    `select e.kind, e.state, string_agg(e.session || ' ' || e.other || ' → ' || e.symbol || ' ' || e.reason, ', ' order by e.session) as pairs,
            (count(*) filter (where (e.evidence ->> 'market_cap_usd')::numeric >= 1e9))::int as large
     from pipeline.exception e where e.other is not null group by 1, 2 order by 1, 2`,
  );
  for (const { kind, state, pairs, large } of doubts) console.log(`${kind}, ${state}, ${large} above $1B: ${pairs}`);
  for (const [what, rows] of Object.entries(bad)) {
    console.log(`${String(rows.length).padStart(3)} ${what} ${rows.map(({ symbol }) => String(symbol)).join(', ')}`);
    if (rows.length > 0) process.exitCode = 1;
  }
}

const data = findSharedData();
if (data) await main(data);
