import { expect } from 'chai';
import { IMPORT_EVENTS } from '../../../phases/import/events.js';
import { assertInCatalogue, FACTS, FAILURE, payloadsOf, reportOf } from '../../support/events.js';

const POSITION = { fraction: 0.12345, task: 'Reading rows', current: 'AAPL', elapsedMs: 800, etaMs: 1234.5 };

describe('the events of an import', () => {
  it('begin with what is expected', () => {
    const drafts = IMPORT_EVENTS.started(FACTS);

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)).to.deep.equal({
      data_import_started: {
        run_id: FACTS.runId,
        universe_names: ['all'],
        total_symbols: 4000,
        timeframes: ['daily'],
        lookback_days: 1,
      },
    });
    expect(drafts[0]?.channels).to.deep.equal(['tickstock:import:started', 'tickstock:data:import:status']);
  });

  it('say how far it is', () => {
    const drafts = IMPORT_EVENTS.progress(FACTS, POSITION);

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)['import_progress']).to.deep.equal({
      run_id: FACTS.runId,
      completed_symbols: 493,
      total_symbols: 4000,
      percent_complete: 12.34,
      current_symbol: 'AAPL',
      eta_seconds: 1.235,
    });
  });

  it('have a number for the time left when nothing can be said of it', () => {
    const drafts = IMPORT_EVENTS.progress({ ...FACTS, symbols: 0 }, { ...POSITION, current: '', etaMs: null });

    assertInCatalogue(drafts);
    expect(drafts[0]?.payload).to.include({ completed_symbols: 0, eta_seconds: 0, current_symbol: '' });
  });

  it('end with the symbols that came in and those that did not, however many rows they had', () => {
    const report = reportOf({ counters: { symbols: 7146, bars: 7100, failed: 2, rejected: 5 } });

    const drafts = IMPORT_EVENTS.ended(FACTS, { report, durationMs: 1720 });

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)['data_import_completed']).to.deep.equal({
      run_id: FACTS.runId,
      success_count: 7146,
      failure_count: 2,
      successful_symbols: 7146,
      failed_symbols: 2,
      total_symbols: 7148,
      total_records_imported: 7100,
      success_rate: 99.97,
      duration_seconds: 1.72,
    });
  });

  it('end with a failure of every symbol when nothing was imported, and of one where their number is not known', () => {
    const drafts = IMPORT_EVENTS.ended(FACTS, { error: FAILURE, durationMs: 250 });

    assertInCatalogue(drafts);
    expect(drafts[0]?.payload).to.deep.equal({
      run_id: FACTS.runId,
      success_count: 0,
      failure_count: 4000,
      successful_symbols: 0,
      failed_symbols: 4000,
      total_symbols: 4000,
      total_records_imported: 0,
      success_rate: 0,
      duration_seconds: 0.25,
    });
    const first = IMPORT_EVENTS.ended({ ...FACTS, symbols: 0 }, { error: FAILURE, durationMs: 1 });
    expect(first[0]?.payload).to.include({ success_count: 0, failure_count: 1, total_symbols: 1 });
  });

  it('call an import in which no symbol failed a full success, however small', () => {
    const report = reportOf({ counters: { symbols: 0, bars: 0, failed: 0, rejected: 4 } });

    const drafts = IMPORT_EVENTS.ended(FACTS, { report, durationMs: 0 });

    assertInCatalogue(drafts);
    expect(drafts[0]?.payload).to.include({ success_rate: 100, total_symbols: 0 });
  });
});
