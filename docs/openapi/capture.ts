import { parseSessionDate } from '../../src/index.js';
import { scanPrices } from '../../src/securities/actions/scan-prices.js';
import { SESSION, startService, type TestService } from '../../test/http/service.js';
import { runCleanups } from '../../test/support/at-end.js';
import type { ScreenerRow } from '../../test/support/screener-files.js';
import { holdTable } from '../callback/held-table.js';
import { Player } from './player.js';
import type { CapturedExamples } from './render-examples.js';

const BEFORE = parseSessionDate('2026-06-29');
const PHASES = ['import', 'cache-sync', 'indicators'];

/** Runs every operation with a real service and a real database, on two sessions of forty invented stocks, and stores requests and answers. */
export async function captureExamples(): Promise<CapturedExamples> {
  const service = await startService();
  try {
    await service.files.writeSession(BEFORE, { nasdaq: market(0.9, 9) });
    await service.files.writeSession(SESSION, { nasdaq: market(1, 10) });
    await service.pipeline.run({ session: BEFORE, phases: PHASES });
    const player = await Player.create(service);
    await playRun(service, player);
    await playReads(player);
    await playStarts(service, player);
    await playExceptions(service, player);
    await playHolds(service, player);
    return { examples: player.examples, refusal: await player.refusal() };
  } finally {
    await service.close();
    await runCleanups();
  }
}

/** Stocks of 1 to 40 billion dollars times `factor`: one crosses the limit of large caps between the sessions. */
function market(factor: number, close: number): ScreenerRow[] {
  return Array.from({ length: 40 }, (_, index) => ({
    symbol: `S${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}`,
    marketCap: String(Math.round((index + 1) * 1e9 * factor)),
    lastsale: `$${close.toFixed(2)}`,
    netchange: '1.00',
  }));
}

/** A run that waits for a lock is observed and cancelled; the next one ends. */
async function playRun(service: TestService, player: Player): Promise<void> {
  const held = await holdTable(service.test.url, 'daily_indicators');
  await player.play('startRun', { body: { phases: ['all'], skip_market_check: false } });
  await held.untilWaitedFor();
  await player.play('getStatus');
  await player.play('cancelRun');
  await held.release();
  await service.idle();
  const runId = await service.runOnce();
  await player.play('getRun', { parameters: { id: runId } });
  await player.play('streamRunEvents', { parameters: { id: runId } });
}

async function playReads(player: Player): Promise<void> {
  await player.play('getHealth');
  await player.play('listRecentRuns', { parameters: { days: 7 } });
  await player.play('listRuns', { parameters: { limit: 2, offset: 0 } });
  await player.play('listUniverses');
  await player.play('getUniverse', { parameters: { key: 'large_cap', limit: 2, offset: 0, as_of: SESSION } });
  await player.play('compareUniverse', { parameters: { key: 'large_cap', from: BEFORE, to: SESSION } });
  await player.play('explainMembership', { parameters: { key: 'large_cap', symbol: 'SAK', session: SESSION } });
  await player.play('listSymbolUniverses', { parameters: { symbol: 'SBN', as_of: SESSION } });
  await player.play('getSecurity', { parameters: { ticker: 'SAA', as_of: SESSION } });
  await player.play('getSchedule');
  await player.play('listSessions');
  await player.play('updateSchedule', { body: { trigger_time: '16:30', market_check: true } });
  await player.play('announceDay', { body: { date: '2026-12-28', kind: 'closed', reason: 'day of mourning' } });
  await player.play('listAnnouncedDays');
  await player.play('withdrawDay', { parameters: { date: '2026-12-28' } });
  await player.play('listEvents', { parameters: { limit: 1 } });
  await player.play('getMetrics');
}

async function playStarts(service: TestService, player: Player): Promise<void> {
  const { job_id: jobId } = await player.play('startCacheSync', { body: { mode: 'full', force: false } });
  await service.idle();
  await player.play('getCacheSyncJob', { parameters: { job_id: String(jobId) } });
  await player.play('listCacheSyncJobs', { parameters: { limit: 2, offset: 0 } });
  await player.play('getCacheSyncStats');
  const { run_id: runId } = await player.play('startImport', { body: { universes: ['all'], timeframes: ['daily'] } });
  await service.idle();
  await player.play('retryImport', { body: { original_run_id: String(runId) } });
  await service.idle();
  await player.play('startIndicators', { body: { timeframe: 'daily' } });
  await service.idle();
}

/** Two prices fall to a quarter and a half at the usual dollar volume, without an action. */
async function playExceptions(service: TestService, player: Player): Promise<void> {
  await service.test.database.pool.query(
    `with moved as (
       update ohlcv_daily set close = case date when '${BEFORE}' then 400 when '${SESSION}' then case symbol when 'SAA' then 100 else 200 end end,
                              volume = case date when '${BEFORE}' then 1000 when '${SESSION}' then case symbol when 'SAA' then 4000 else 2000 end end
       where symbol in ('SAA', 'SAB') returning symbol
     )
     update pipeline.source_quote set previous_close = 400 where session = '${SESSION}' and symbol in ('SAA', 'SAB')`,
  );
  await service.test.database.transaction(({ client }) =>
    scanPrices(client, parseSessionDate(SESSION), {
      reuseAfterSessions: service.pipeline.config.universes.reuseAfterSessions,
      calendar: service.pipeline.calendar,
      at: new Date(service.pipeline.clock.now()),
    }),
  );
  const { exceptions } = (await service.call('GET', '/api/exceptions')).body as { exceptions: { id: number }[] };
  await player.play('listExceptions', { parameters: { state: 'open', limit: 200 } });
  await player.play('approveException', { parameters: { id: exceptions[0]?.id ?? 0 }, body: { ratio: '4:1' } });
  await player.play('rejectException', { parameters: { id: exceptions[1]?.id ?? 0 } });
}

/** An import without market caps would empty every universe: the gates hold them. */
async function playHolds(service: TestService, player: Player): Promise<void> {
  await service.test.database.pool.query('update symbols set market_cap = null');
  await service.call('POST', '/api/processing/cache-sync/trigger');
  await service.idle();
  const { holds } = (await service.call('GET', '/api/holds')).body as { holds: { id: number; universe: string }[] };
  const [first, second] = ['large_cap', 'mid_cap'].map(
    (name) => holds.find(({ universe }) => universe === name)?.id ?? 0,
  );
  await player.play('listHolds', { parameters: { state: 'open', limit: 200 } });
  await player.play('getHold', { parameters: { id: first ?? 0, limit: 2 } });
  await player.play('approveHold', {
    parameters: { id: first ?? 0 },
    body: { reason: 'checked against the exchange' },
  });
  await service.idle();
  await player.play('rejectHold', { parameters: { id: second ?? 0 }, body: { reason: 'the file was incomplete' } });
}
