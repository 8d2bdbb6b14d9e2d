import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPipeline, parseSessionDate } from '../src/index.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';

const SCREENER = fileURLToPath(new URL('../../shared/data/us-screener', import.meta.url));

/** Preferreds, notes, units and the like that the feed gives the cap of their company; judged by hand from the real files. */
const NOT_COMMON = ['GOOGM', 'GOOGN', 'CCZ', 'TBB', 'TBC', 'BRKRP', 'SOMN', 'AGNCN', 'AGNCM', 'AGNCO', 'AGNCP'];

describe('three months of real sessions', function () {
  this.timeout(900_000);
  let test: TestDatabase | undefined;

  before(function () {
    if (existsSync(SCREENER)) return;
    console.log(`    skipped: no real market data at ../shared/data/us-screener`);
    this.skip();
  });

  after(async () => {
    await test?.drop();
  });

  it('end with the projection equal to the membership, common stocks only in the top 500, and a replay changes nothing', async () => {
    test = await createTestDatabase();
    const pipeline = await createPipeline({
      database: test.database.pool,
      config: { options: { import: { source: 'screener', dir: SCREENER } } },
    });
    const filled = await pipeline.backfill({
      from: parseSessionDate('2026-04-01'),
      to: parseSessionDate('2026-06-30'),
    });
    const { membershipHash } = await pipeline.status();
    const [replayed] = (
      await pipeline.run({
        replayFrom: parseSessionDate('2026-06-17'),
        session: parseSessionDate('2026-06-30'),
        phases: ['cache-sync'],
      })
    ).phases;
    await pipeline.close();

    expect(filled.error, filled.error?.message).to.equal(undefined);
    expect(filled.sessions).to.have.length(62);
    expect(replayed?.report?.counters).to.include({ sessions: 9, corrected: 0 });
    expect(replayed?.report?.hashes?.['membership']).to.equal(membershipHash);
    expect(await readDifferences(test)).to.deep.equal([]);
    const strangers = await readTop500(test);
    expect(strangers.days).to.equal(62);
    expect(strangers.symbols.filter((symbol) => symbol.includes('^') || NOT_COMMON.includes(symbol))).to.deep.equal([]);
    expect(strangers.names).to.deep.equal([]);
  });
});

/** Universes whose published tickers are not exactly their open members. */
async function readDifferences(test: TestDatabase): Promise<unknown[]> {
  const { rows } = await test.database.pool.query(
    `with published as (
       select p.universe_id,
              case jsonb_typeof(entry.value) when 'string' then entry.value #>> '{}'
                   else coalesce(entry.value ->> 'ticker', entry.value ->> 'symbol') end as symbol
       from cache_entries c
       join pipeline.projection p on (p.type, p.name, p.key) = (c.type, c.name, c.key)
       cross join lateral jsonb_array_elements(
         case jsonb_typeof(c.value) when 'array' then c.value else coalesce(c.value -> 'stocks', c.value -> 'etfs', '[]') end
       ) as entry
       where c.key not like '%\\_detailed'
     ), open as (
       select universe_id, symbol from pipeline.membership where valid_to is null and known_to is null
     )
     (select 'published only' as side, * from (select * from published except select * from open) p)
     union all
     (select 'member only', * from (select * from open except select * from published) m)`,
  );
  return rows;
}

/** Who was in the top 500 on any day, and those whose name alone says that they are not common stock. */
async function readTop500(test: TestDatabase): Promise<{ days: number; symbols: string[]; names: string[] }> {
  const { rows } = await test.database.pool.query<{ days: number; symbols: string[]; names: string[] | null }>(
    `select count(distinct v.session)::int as days, array_agg(distinct m.symbol) as symbols,
            array_agg(distinct s.symbol || ' ' || s.name) filter (where s.name ~*
              '(preferred|depositary share|american depositary|debenture|warrant|notes due|% notes|subordinated|\\mrights\\M|[0-9.]+ ?%)') as names
     from (select distinct session from pipeline.valuation) v
     cross join lateral pipeline.members(
       (select id from pipeline.universe where name = 'market_leaders' and key = 'top_500'), v.session) as m (symbol)
     join symbols s on s.symbol = m.symbol`,
  );
  const row = rows[0];
  return { days: row?.days ?? 0, symbols: row?.symbols ?? [], names: row?.names ?? [] };
}
