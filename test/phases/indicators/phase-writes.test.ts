import { expect } from 'chai';
import type { Clock } from '../../../src/core/clock.js';
import { PipelineError } from '../../../src/core/errors.js';
import { runPhase } from '../../support/phase-context.js';
import { useIndicators, MONDAY, TUESDAY, rising, watch, catchError } from './phase-fixture.js';

const NIGHT: Clock = { now: () => Date.parse('2026-06-30T23:00:00Z') };

describe('the indicators phase, writing', () => {
  const given = useIndicators();
  const { run, add, query, readValues } = given;

  describe('writes', () => {
    it('nothing the second time for a session', async () => {
      await add('AAA', rising(210));
      await run(TUESDAY);
      const before = await query('select *, xmin::text from daily_indicators order by id');

      const report = await run(TUESDAY, NIGHT);

      expect(await query('select *, xmin::text from daily_indicators order by id')).to.deep.equal(before);
      expect(report.changed).to.equal(false);
      expect(report.counters).to.include({ indicators: 4, written: 0 });
      expect(report.summary).to.include('nothing changed');
    });

    it('the time again where a value was confirmed on a later day, because the consumer counts those of today', async () => {
      await add('AAA', rising(210));
      await run(TUESDAY);

      const report = await run(TUESDAY, { now: () => Date.parse('2026-07-01T00:30:00Z') });

      expect(report.counters).to.include({ written: 4 });
      expect(await query('select distinct calculation_timestamp as at from daily_indicators')).to.deep.equal([
        { at: new Date('2026-07-01T00:30:00Z') },
      ]);
    });

    it('one row a symbol and indicator, session after session', async () => {
      await add('AAA', rising(21));
      await run(MONDAY);

      const report = await run(TUESDAY, NIGHT);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 11.5 });
      expect(await query('select distinct calculation_timestamp as at from daily_indicators')).to.deep.equal([
        { at: new Date('2026-06-30T23:00:00Z') },
      ]);
      expect(report.counters['written']).to.equal(2);
    });

    it("only into the newest row of an adopted table's history, without a key or a time zone to rely on", async () => {
      await query('drop table daily_indicators');
      await query(`create table daily_indicators (symbol text not null, indicator_type text not null,
        timeframe text not null, value_data jsonb not null, metadata jsonb, calculation_timestamp timestamp not null)`);
      await query(`insert into daily_indicators values
        ('AAA', 'sma_20', 'daily', '{"value": 1}', null, '2026-06-26 20:00'),
        ('AAA', 'sma_20', 'daily', '{"value": 3}', null, '2026-06-29 20:00'),
        ('AAA', 'sma_20', 'daily', '{"value": 2}', null, '2026-06-27 20:00'),
        ('AAA', 'sma_20', 'hourly', '{"value": 4}', null, '2026-06-30 20:00'),
        ('AAA', 'macd', 'daily', '{"value": 5}', null, '2026-06-30 20:00'),
        ('ZZZ', 'sma_20', 'daily', '{"value": 6}', null, '2026-06-29 20:00')`);
      await add('AAA', rising(20));

      const report = await run(TUESDAY);

      expect(
        await query(`select symbol, indicator_type || ' ' || timeframe as type, value_data->'value' as value,
                            calculation_timestamp::text as at
                     from daily_indicators order by symbol, type, at`),
      ).to.deep.equal([
        { symbol: 'AAA', type: 'macd daily', value: 5, at: '2026-06-30 20:00:00' },
        { symbol: 'AAA', type: 'rsi_14 daily', value: 100, at: '2026-06-30 20:30:00' },
        { symbol: 'AAA', type: 'sma_20 daily', value: 1, at: '2026-06-26 20:00:00' },
        { symbol: 'AAA', type: 'sma_20 daily', value: 2, at: '2026-06-27 20:00:00' },
        { symbol: 'AAA', type: 'sma_20 daily', value: 10.5, at: '2026-06-30 20:30:00' },
        { symbol: 'AAA', type: 'sma_20 hourly', value: 4, at: '2026-06-30 20:00:00' },
        { symbol: 'ZZZ', type: 'sma_20 daily', value: 6, at: '2026-06-29 20:00:00' },
      ]);
      expect(report.counters['written']).to.equal(2);
    });

    it('into a table whose uniqueness includes the time', async () => {
      await query('drop index daily_indicators_key');
      await query('create unique index on daily_indicators (symbol, indicator_type, timeframe, calculation_timestamp)');
      await add('AAA', rising(21));
      await run(MONDAY);

      await run(TUESDAY, NIGHT);
      const again = await run(TUESDAY, NIGHT);

      expect(await query('select count(*)::int as rows from daily_indicators')).to.deep.equal([{ rows: 2 }]);
      expect(again.changed).to.equal(false);
    });

    it('nothing at all when it is cancelled while it reads', async () => {
      await add('AAA', rising(210));
      const controller = new AbortController();
      const cancelled = watch(given.phase, () => controller.abort());

      const error = await catchError(
        runPhase(cancelled, given.test.database, { session: TUESDAY, signal: controller.signal }),
      );

      expect(error).to.be.instanceOf(PipelineError).and.to.include({ code: 'EOD_CANCELLED' });
      expect(await query('select count(*)::int as rows from daily_indicators')).to.deep.equal([{ rows: 0 }]);
      expect(await query(`select status from pipeline.phase_run`)).to.deep.equal([{ status: 'pending' }]);
    });

    it('its completion together with the rows', async () => {
      await add('AAA', rising(20));

      await run(TUESDAY);

      expect(
        await query(`select phase, status, counters->'indicators' as indicators from pipeline.phase_run`),
      ).to.deep.equal([{ phase: 'indicators', status: 'completed', indicators: 2 }]);
    });
  });
});
