import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.js';
import { runPhase } from '../../support/phase-context.js';
import { addSymbol, calendar, sessionsUpTo } from './bars.js';
import { useIndicators, MONDAY, TUESDAY, rising, watch, catchError } from './phase-fixture.js';

describe('the indicators phase', () => {
  const given = useIndicators();
  const { run, add, query, readValues } = given;

  describe('computes', () => {
    it('every indicator of a symbol with enough bars, and says what they are made from', async () => {
      await add('AAA', rising(210));

      const report = await run(TUESDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 200.5, sma_50: 185.5, sma_200: 110.5 });
      expect(
        await query(`select timeframe, value_data, metadata, calculation_timestamp from daily_indicators
                     where indicator_type = 'sma_20'`),
      ).to.deep.equal([
        {
          timeframe: 'daily',
          value_data: { value: 200.5, sma_20: 200.5 },
          metadata: { session: '2026-06-30', bars: 210, price_session: '2026-06-30' },
          calculation_timestamp: new Date('2026-06-30T20:30:00Z'),
        },
      ]);
      expect(report).to.deep.include({
        changed: true,
        counters: { symbols: 1, successful: 1, failed: 0, skipped: 0, withheld: 0, indicators: 4, written: 4 },
        warnings: [],
      });
    });

    it('no indicator that a host has switched off, and leaves what is stored of it', async () => {
      await add('AAA', rising(210));
      await run(TUESDAY);
      await query(`create table indicator_definitions (name text, enabled boolean);
        insert into indicator_definitions values ('sma_50', false), ('sma_20', true), ('macd', false);
        update daily_indicators set value_data = '{"value": 1}'`);

      const report = await run(TUESDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 200.5, sma_50: 1, sma_200: 110.5 });
      expect(report.counters).to.include({ indicators: 3 });
    });

    it('nothing for an indicator that has one bar too few, and counts it', async () => {
      await add('S19', rising(19));
      await add('S20', rising(20));
      await add('R14', rising(14));
      await add('R15', rising(15));
      await add('NONE', []);

      const report = await run(TUESDAY);

      expect(await readValues('S19')).to.have.all.keys('rsi_14');
      expect(await readValues('S20')).to.have.all.keys('rsi_14', 'sma_20');
      expect(await readValues('R14')).to.deep.equal({});
      expect(await readValues('R15')).to.have.all.keys('rsi_14');
      expect(report.counters).to.include({
        symbols: 5,
        successful: 3,
        failed: 0,
        skipped: 2,
        withheld: 0,
        indicators: 4,
      });
      expect(report.details).to.deep.include({
        computed: { sma_20: 1, sma_50: 0, sma_200: 0, rsi_14: 3 },
        tooFewBars: { sma_20: 4, sma_50: 5, sma_200: 5, rsi_14: 2 },
      });
    });

    it('from closes up to the session, whatever came after it', async () => {
      await add('AAA', [...rising(20), 9999], TUESDAY);

      await run(MONDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 10.5 });
    });

    it('from the last 260 sessions only', async () => {
      await add('AAA', [9, 9, 9, 9, 9, ...rising(260)]);
      await add('OLD', rising(30), calendar.previous(TUESDAY, 245));

      await run(TUESDAY);

      expect(await query(`select distinct metadata from daily_indicators order by 1`)).to.deep.equal(
        [
          { metadata: { session: '2026-06-30', bars: 260, price_session: '2026-06-30' } },
          { metadata: { session: '2026-06-30', bars: 15, price_session: calendar.previous(TUESDAY, 245) } },
        ].toSorted((left, right) => left.metadata.bars - right.metadata.bars),
      );
    });

    it('without bars on days the exchange was closed', async () => {
      await add('AAA', rising(20));
      await query(`insert into ohlcv_daily (symbol, date, close, volume) values ('AAA', '2026-06-27', 9999, 1)`);

      await run(TUESDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 10.5 });
    });

    it('without the closes of held sessions, and with them when the hold is approved or the session corrected', async () => {
      await add('AAA', [...rising(20), 9999], TUESDAY);
      await query(`with run as (
          insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
          values (gen_random_uuid(), '2026-06-30', 'manual', 'full', false, '{cache-sync}', 'completed_with_holds', now())
          returning id
        )
        insert into pipeline.hold (run_id, session, gate, created_at) select id, '2026-06-30', 'volume', now() from run`);

      const whileHeld = await run(TUESDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 10.5 });
      expect(whileHeld.summary).to.include('without the closes of 1 held session');
      expect(whileHeld.warnings).to.deep.equal([
        'the closes of 2026-06-30 are not used while the session is held: approve it with `tickstock holds`, or correct it',
      ]);
      expect(whileHeld.details['heldSessions']).to.deep.equal([TUESDAY]);
      await query(`update pipeline.hold set state = 'rejected'`);
      expect((await run(TUESDAY)).details['heldSessions']).to.deep.equal([TUESDAY]);
      for (const decision of [`state = 'approved'`, `state = 'rejected', lifted_at = now()`]) {
        await query(`update pipeline.hold set ${decision}`);
        const after = await run(TUESDAY);
        expect(await readValues('AAA')).to.include({ sma_20: (209 + 9999) / 20 });
        expect(after.warnings).to.deep.equal([]);
      }
    });

    it('active symbols only, one that leaves after the session included', async () => {
      const { database } = given.test;
      await addSymbol(database, 'GONE', rising(20), TUESDAY, { active: false });
      await addSymbol(database, 'LEFT', rising(20), TUESDAY, { delistedDate: TUESDAY });
      await addSymbol(database, 'LEAVING', rising(20), TUESDAY, { delistedDate: '2026-07-01' });

      const report = await run(TUESDAY);

      expect(await query('select distinct symbol from daily_indicators')).to.deep.equal([{ symbol: 'LEAVING' }]);
      expect(report.counters['symbols']).to.equal(1);
    });

    it('nothing in an empty database, and completes', async () => {
      const report = await run(TUESDAY);

      expect(report).to.deep.include({
        changed: false,
        counters: { symbols: 0, successful: 0, failed: 0, skipped: 0, withheld: 0, indicators: 0, written: 0 },
      });
    });
  });

  describe('on a symbol it cannot compute', () => {
    for (const close of [null, 'NaN', 0, -1]) {
      it(`fails that one alone when a close is ${close}`, async () => {
        await add('BAD', [...rising(20), close, 22]);
        await add('GOOD', rising(20));

        const report = await run(TUESDAY);

        expect(await readValues('BAD')).to.deep.equal({});
        expect(await readValues('GOOD')).to.deep.equal({ rsi_14: 100, sma_20: 10.5 });
        expect(report.counters).to.include({ symbols: 2, successful: 1, failed: 1, skipped: 0 });
        expect(report.details['failed']).to.have.lengthOf(1);
        expect(JSON.stringify(report.details['failed'])).to.match(
          new RegExp(`"BAD","reason":"the close of 2026-06-29 is ${close}(\\.0+)?; it must be above zero"`),
        );
        expect(report.warnings.join()).to.include('BAD').and.include('1 symbol');
      });
    }

    it('fails that one alone also where an adopted table has floating-point closes, and reads the others', async () => {
      await query('alter table ohlcv_daily alter column close type double precision');
      await add('BAD', [...rising(20), 'Infinity', 22]);
      await add('TINY', [...rising(19), '0.00002']);

      const report = await run(TUESDAY);

      expect(await readValues('TINY')).to.include({ sma_20: 9.500001 });
      expect(report.details['failed']).to.deep.equal([
        { symbol: 'BAD', reason: 'the close of 2026-06-29 is Infinity; it must be above zero' },
      ]);
    });

    it('keeps the indicators it had', async () => {
      await add('AAA', rising(20), MONDAY);
      await run(MONDAY);
      await query(`insert into ohlcv_daily (symbol, date, close, volume) values ('AAA', '2026-06-30', 0, 1)`);

      await run(TUESDAY);

      expect(await readValues('AAA')).to.deep.equal({ rsi_14: 100, sma_20: 10.5 });
    });

    it('names the first twenty', async () => {
      const names = Array.from({ length: 22 }, (_, index) => `BAD${String(index).padStart(2, '0')}`);
      for (const name of names) await add(name, [0]);

      const report = await run(TUESDAY);

      const failed = report.details['failed'] as { symbol: string }[];
      expect(failed.map((each) => each.symbol)).to.deep.equal(names.slice(0, 20));
      expect(report.counters['failed']).to.equal(22);
      expect(report.warnings).to.have.lengthOf(1);
      expect(report.warnings[0]).to.include('22 symbols').and.include('and 21 more');
    });
  });

  it('starts all its tasks before it works on the first, and finishes them', async () => {
    await add('AAA', rising(20));
    const steps: string[] = [];

    await runPhase(
      watch(given.phase, (step) => steps.push(step)),
      given.test.database,
      { session: TUESDAY },
    );

    expect(steps.slice(0, 3)).to.deep.equal(['start read', 'start compute', 'start write']);
    expect(steps.filter((step) => step === 'advance read')).to.have.lengthOf(sessionsUpTo(TUESDAY, 20).length);
    expect(steps.filter((step) => step.startsWith('finish'))).to.deep.equal([
      'finish read',
      'finish compute',
      'finish write',
    ]);
  });

  it('refuses a session older than the newest that has indicators, and repeats the newest', async () => {
    await run(TUESDAY);

    const error = await catchError(given.phase.assertRunnable(MONDAY));
    await given.phase.assertRunnable(TUESDAY);

    expect(error).to.be.instanceOf(PipelineError).and.to.include({ code: 'EOD_SESSION_NOT_NEWEST' });
    expect(error).to.have.property('hint').that.includes('--session 2026-06-30');
  });
});
