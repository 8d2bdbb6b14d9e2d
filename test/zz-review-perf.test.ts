import { createTestDatabase } from './support/database.js';
import { importListings, runEvening } from './support/evenings.js';
import { configOf, MONDAY, TUESDAY, WEDNESDAY, sync } from './support/market.js';
const lax: any = configOf({ gates: { minSymbols: 1e9 } } as any);
describe('perf', function () {
  this.timeout(600000);
  it('replay from the first', async () => {
    const t = await createTestDatabase();
    const N = Number(process.env['N'] ?? 4000);
    const rows = (f: number) => Array.from({ length: N }, (_, i) => ({ symbol: `S${i}`, cap: 1e8 + i * 1e6 * f, sector: 'Technology', industry: `I${i % 40}`, volume: i }));
    try {
      for (const [d, f] of [[MONDAY, 1], [TUESDAY, 1], [WEDNESDAY, 1]] as any[]) { const s = Date.now(); await runEvening(t.database, d, rows(f), { config: lax }); console.log(d, Date.now() - s); }
      console.log((await t.database.pool.query(`select relname, last_analyze, last_autoanalyze, n_live_tup from pg_stat_user_tables where relname in ('membership_change','valuation','source_quote')`)).rows);
      if (process.env['ANALYZE']) await t.database.pool.query('analyze');
      await t.database.pool.query(`set log_min_duration_statement=0`).catch(() => undefined);
      const s = Date.now();
      const p = sync(t.database, WEDNESDAY, { config: lax, replayFrom: MONDAY });
      const timer = setInterval(() => void t.database.pool.query(`select left(query,60) q, round(extract(epoch from now()-query_start)*1000) ms from pg_stat_activity where state='active' and pid<>pg_backend_pid() and datname=current_database()`).then((r) => { for (const x of r.rows) if (x.ms > 400) console.log('  slow', x.q.replace(/\s+/g, ' '), x.ms); }), 1000);
      const r = await p; clearInterval(timer);
      console.log('replay', Date.now() - s, r.summary);
    } finally { await t.drop(); }
  });
});
