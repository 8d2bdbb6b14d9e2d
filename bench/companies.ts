import 'reflect-metadata';
import pg from 'pg';
import { createPipeline, parseSessionDate } from '../src/index.js';
import { openServer } from './support/bench-server.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Companies in three months of real screener files, with rankings that count each company once.
 *
 *  1. The 62 sessions are run in order, in an empty database, with `by: company` for every ranking.
 *  2. Printed: sessions on which `top_50` has 50 issuers, told apart by the first two words of their names; changes of the class that stands
 *     for a company; the groups of the last session; both totals; what is doubtful.
 *  3. The exit code is 1 when a session has fewer issuers than members.
 *
 * `npm run bench -- companies`; on the embedded server, or on the one of DATABASE_URL.
 */
async function main(data: SharedData): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  const pool = new pg.Pool({ connectionString: await server.create('bench_companies'), max: 4 });
  // A pool counts as ended before its connections have gone; the database is dropped right after.
  pool.on('error', () => undefined);
  try {
    const rankings = [50, 100, 250, 500, 1000, 2000].map((size) => ({
      key: `top_${size}`,
      title: `Top ${size}`,
      size,
      by: 'company' as const,
    }));
    const pipeline = await createPipeline({
      database: pool,
      config: { options: { import: { source: 'screener', dir: data.screener }, universes: { rankings } } },
    });
    const { sessions, error } = await pipeline.backfill({
      from: parseSessionDate('2026-04-01'),
      to: parseSessionDate('2026-06-30'),
    });
    if (error !== undefined) throw error;
    await pipeline.close();
    await report(
      pool,
      sessions.map(({ session }) => session),
    );
  } finally {
    await pool.end();
    await server.close();
  }
}

async function report(pool: pg.Pool, sessions: readonly string[]): Promise<void> {
  const read = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await pool.query<Row>(text, values)).rows;
  const counted = await read<{ session: string; members: number; issuers: number }>(
    `select s.session, count(m.symbol)::int as members,
            count(distinct lower(substring(f.name from '^\\S+\\s+\\S+')))::int as issuers
     from unnest($1::text[]) as s (session)
     cross join lateral pipeline.universe_members('market_leaders/top_50', s.session::date) m
     join pipeline.symbol_fact f on f.symbol = m.symbol and f.valid_from <= s.session::date
       and (f.valid_to is null or f.valid_to > s.session::date)
     group by 1 order by 1`,
    [sessions],
  );
  const full = counted.filter(({ members, issuers }) => members === 50 && issuers === 50);
  const short = counted.filter(({ members, issuers }) => issuers < members);
  console.log(`top_50 by company: ${full.length} of ${sessions.length} sessions with 50 members of 50 issuers`);
  for (const { session, members, issuers } of short)
    console.log(`  ${session}: ${members} members, ${issuers} issuers`);
  if (full.length < sessions.length) process.exitCode = 1;

  const changes = await read<{ key: string; changes: number }>(
    `select u.key, count(*)::int as changes from pipeline.membership_change c join pipeline.universe u on u.id = c.universe_id
     where c.reason = 'COMPANY_CLASS' and c.superseded_at is null group by 1 order by 1`,
  );
  console.log(
    `Changes of the class that stands for a company: ${changes.map(({ key, changes: count }) => `${key} ${count}`).join(', ') || 'none'}`,
  );
  const groups = await read<{ text: string }>(
    `select company || ': ' || string_agg(symbol, ' ' order by rank) as text from pipeline.valuation
     where session = (select max(session) from pipeline.valuation) and company is not null group by company order by min(rank)`,
  );
  console.log(`Companies with several classes: ${groups.length}: ${groups.map(({ text }) => text).join('; ')}`);
  const [totals] = await read<Record<string, number>>(
    `select (value #>> '{overview,total_stocks}')::int as stocks, (value #>> '{overview,total_companies}')::int as companies,
            round((value #>> '{overview,total_market_cap}')::numeric / 1e12, 2)::float8 as total,
            round((value #>> '{overview,company_market_cap}')::numeric / 1e12, 2)::float8 as once
     from cache_entries where type = 'stock_stats'`,
  );
  console.log(
    `${totals?.['stocks']} stocks of ${totals?.['companies']} companies: $${totals?.['total']}T, each company once $${totals?.['once']}T`,
  );
}

const data = findSharedData();
if (data) await main(data);
