import { createTestDatabase } from './support/database.js';
import { readFileSync } from 'node:fs';
import { loadMarket, hashQuotes } from '../phases/cache-sync/load-market.js';
import { loadPastFigures, loadSymbolPast } from '../phases/cache-sync/load-past.js';
import { measureSession } from '../phases/cache-sync/measure-session.js';
import { recordFacts, writeQuotes } from '../phases/import/record-source.js';
describe('plan', function () {
  this.timeout(600000);
  it('plans', async () => {
    const t = await createTestDatabase();
    const N = Number(process.env['N'] ?? 20000);
    const pool = t.database.pool;
    try {
      await pool.query(`alter database ${new URL(t.url).pathname.slice(1)} set autovacuum_naptime = 1`).catch(() => undefined);
      await pool.query(`insert into symbols (symbol,name,type,active,market_cap,primary_exchange,sector) select 'S'||i,'n','CS',true,1000000*i,'NYSE','T' from generate_series(1,${N}) i`);
      const add = async (d: string, from: number) => {
        await pool.query(`insert into ohlcv_daily (symbol,date,close,volume) select 'S'||i, '${d}', 10, 100 from generate_series(${from},${N}) i`);
        await pool.query(`insert into pipeline.source_quote (session,symbol,previous_close,market_cap_usd) select '${d}','S'||i,10,1000000*i from generate_series(${from},${N}) i`);
      };
      const val = (d: string) => pool.query(`insert into pipeline.valuation (session,symbol,close,price_session,market_cap_usd,dollar_volume_usd,source,rank) select '${d}','S'||i,10,'${d}',1000000*i,1000,'source_market_cap',i from generate_series(1,${N}) i`);
      await pool.query(`insert into pipeline.symbol_fact (symbol,valid_from,name,type,exchange,market,sector,active) select symbol,'2026-06-01',name,type,primary_exchange,null,sector,true from symbols`);
      const days = ['2026-06-15','2026-06-16','2026-06-17','2026-06-18'];
      for (const d of days) { await add(d, 1); await val(d); }
      await pool.query('analyze');
      const time = async (name: string, work: (c: any) => Promise<unknown>) => t.database.transaction(async ({ client }) => { const s = Date.now(); await client.query(`set local statement_timeout = 20000`); try { await work(client); console.log('   ', name, Date.now() - s); } catch (e: any) { console.log('   ', name, 'FAILED after', Date.now() - s, e.message, e.cause?.message); throw e; } }).catch(() => undefined);
      const all = async (d: any) => {
        await time('figures ' + d, (c) => loadPastFigures(c, d));
        await time('symbolPast', (c) => loadSymbolPast(c, d, { listedFrom: '2026-05-20', delistAfterSessions: 5 }));
        await time('market current', (c) => loadMarket(c, d, 'current', () => undefined));
        await time('market as-of', (c) => loadMarket(c, d, 'as-of', () => undefined));
        await time('measures', (c) => measureSession(c, d, { calendarPrevious: '2026-06-18' as any, usualSessions: 20, isEarlyClose: () => false }));
        await time('quotes hash', (c) => hashQuotes(c, d));
        await time('facts', (c) => recordFacts(c, d));
      };
      console.log('new session, not analyzed');
      await add('2026-06-22', 1);
      await all('2026-06-22');
      await val('2026-06-22');
      await add('2026-06-23', 1);
      console.log('second new session'); await all('2026-06-23');
      const { rows } = await pool.query(`explain select v.symbol from pipeline.valuation v left join pipeline.source_quote q on q.session='2026-06-23' and q.symbol=v.symbol where v.session=(select max(session) from pipeline.valuation where session<'2026-06-23') order by 1`);
      console.log(rows.map((r: any) => r['QUERY PLAN']).join('\n'));
    } finally { await t.drop(); }
  });
  it('first load without any statistics', async () => {
    const t = await createTestDatabase();
    const pool = t.database.pool; const N = Number(process.env['N'] ?? 20000);
    try {
      for (const x of ['symbols','ohlcv_daily','pipeline.source_quote','pipeline.valuation','pipeline.symbol_fact','pipeline.symbol_event']) await pool.query(`alter table ${x} set (autovacuum_enabled=false)`);
      await pool.query(`insert into symbols (symbol,name,type,active,market_cap,primary_exchange,sector) select 'S'||i,'n','CS',true,1000000*i,'NYSE','T' from generate_series(1,${N}) i`);
      const time = async (name: string, work: (c: any) => Promise<unknown>) => t.database.transaction(async ({ client }) => { const s = Date.now(); await client.query(`set local statement_timeout = 20000`); try { await work(client); console.log('   ', name, Date.now() - s); } catch (e: any) { console.log('   ', name, 'FAILED after', Date.now() - s, e.message); throw e; } }).catch(() => undefined);
      for (const d of ['2026-06-22', '2026-06-23'] as any[]) {
        await pool.query(`insert into ohlcv_daily (symbol,date,close,volume) select 'S'||i, '${d}', 10, 100 from generate_series(1,${N}) i`);
        await time('facts', (c) => recordFacts(c, d));
        await time('quotes', (c) => writeQuotes(c, d, Array.from({ length: N }, (_, i) => ({ symbol: { symbol: `S${i + 1}`, marketCapUsd: null } })) as any));
        await time('figures ' + d, (c) => loadPastFigures(c, d));
        await time('symbolPast', (c) => loadSymbolPast(c, d, { listedFrom: '2026-05-20', delistAfterSessions: 5 }));
        await time('market current', (c) => loadMarket(c, d, 'current', () => undefined));
        await time('market as-of', (c) => loadMarket(c, d, 'as-of', () => undefined));
        await time('measures', (c) => measureSession(c, d, { calendarPrevious: '2026-06-18' as any, usualSessions: 20, isEarlyClose: () => false }));
        await pool.query(`insert into pipeline.valuation (session,symbol,close,price_session,market_cap_usd,dollar_volume_usd,source,rank) select '${d}','S'||i,10,'${d}',1000000*i,1000,'source_market_cap',i from generate_series(1,${N}) i`);
      }
    } finally { await t.drop(); }
  });
});
