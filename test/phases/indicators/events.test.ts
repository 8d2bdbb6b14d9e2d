import { expect } from 'chai';
import { createIndicatorEvents } from '../../../phases/indicators/events.js';
import { FORMULAS } from '../../../phases/indicators/formulas/index.js';
import { assertInCatalogue, FACTS, FAILURE, payloadsOf, reportOf } from '../../support/events.js';

const KINDS = FORMULAS.length;
const INDICATOR_EVENTS = createIndicatorEvents(KINDS);

describe('the events of indicator processing', () => {
  it('begin with what is expected', () => {
    const drafts = INDICATOR_EVENTS.started(FACTS);

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)).to.deep.equal({
      indicator_processing_started: {
        run_id: FACTS.runId,
        total_symbols: 4000,
        total_indicators: KINDS,
        timeframes: ['daily'],
      },
    });
  });

  it('say how far it is, with a number for the time left also when nothing can be said of it', () => {
    const drafts = INDICATOR_EVENTS.progress(FACTS, {
      fraction: 0.5,
      task: 'Computing indicators',
      current: 'MSFT',
      elapsedMs: 1000,
      etaMs: null,
    });

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)['indicator_progress']).to.deep.equal({
      run_id: FACTS.runId,
      completed_symbols: 2000,
      total_symbols: 4000,
      percent_complete: 50,
      current_symbol: 'MSFT',
      eta_seconds: 0,
    });
  });

  it('end with values and symbols, a failed symbol failing in every kind and one with too few bars in none', () => {
    const report = reportOf({ counters: { symbols: 100, successful: 90, failed: 3, skipped: 7, indicators: 352 } });

    const drafts = INDICATOR_EVENTS.ended(FACTS, { report, durationMs: 2130 });

    assertInCatalogue(drafts);
    expect(payloadsOf(drafts)['indicator_processing_completed']).to.deep.equal({
      run_id: FACTS.runId,
      total_symbols: 100,
      successful_symbols: 90,
      failed_symbols: 3,
      total_indicators: 352 + 3 * KINDS,
      successful_indicators: 352,
      failed_indicators: 3 * KINDS,
      success_rate: 96.77,
      duration_seconds: 2.13,
    });
  });

  it('end with zeros when nothing was computed', () => {
    const drafts = INDICATOR_EVENTS.ended(FACTS, { error: FAILURE, durationMs: 100 });

    assertInCatalogue(drafts);
    expect(drafts[0]?.payload).to.deep.equal({
      run_id: FACTS.runId,
      total_symbols: 4000,
      successful_symbols: 0,
      failed_symbols: 0,
      total_indicators: 0,
      successful_indicators: 0,
      failed_indicators: 0,
      success_rate: 0,
      duration_seconds: 0.1,
    });
  });

  it('call it a full success when no symbol has enough bars yet', () => {
    const report = reportOf({ counters: { symbols: 5, successful: 0, failed: 0, skipped: 5, indicators: 0 } });

    const drafts = INDICATOR_EVENTS.ended(FACTS, { report, durationMs: 10 });

    assertInCatalogue(drafts);
    expect(drafts[0]?.payload).to.include({ success_rate: 100, total_indicators: 0 });
  });
});
